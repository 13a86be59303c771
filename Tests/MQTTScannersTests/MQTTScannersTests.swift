import Foundation
import Mosquitto
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTScanners

@Suite("Scanners at a real broker")
struct MQTTScannersTests {
    @Test("a bare code moves stock as its device is set up, and is answered with seq and stock")
    func bareCode() async throws {
        let shop = try await Shop(broker: TestBroker())
        let dock = try await Scanner("dock-1", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await dock.collecting {
                try await dock.scan(Shop.code)
                try await dock.answered(1)
            }
            let reply = try #require(dock.replies.first)
            #expect(reply.status == "applied" && reply.sku == "TEE" && reply.stock == 1001)
            let event = try #require(shop.journal.allEvents.last)
            #expect(reply.seq == event.seq)
            let json = String(decoding: event.json, as: UTF8.self)
            #expect(json.contains(#""source":"mqtt-scanners/dock-1""#) && json.contains(#""operation":"add""#))
            #expect(json.contains(#""movementId":"\#(reply.id)""#))
            #expect(status.current.received == 1 && status.current.applied == 1)
        }
    }

    @Test("two scans of the same item count twice, a repeat of one with an id once")
    func repeats() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(Shop.code, Shop.code)
                let named = #"{"id":"r-1","barcode":"1","reason":"sale"}"#
                try await till.scan(named, named, #"{"id":"r-1","barcode":"2"}"#)
                try await till.answered(5)
            }
            #expect(till.replies.map(\.status) == ["applied", "applied", "applied", "duplicate", "rejected"])
            #expect(till.replies.last?.code == "idempotency_conflict")
            // 1 + 1 + a case of 12.
            #expect(try await shop.stock() == 986)
            let counts = status.current
            #expect(counts.received == 5 && counts.applied == 3 && counts.duplicates == 1 && counts.rejected == 1)
        }
    }

    @Test("an array is one movement: all of it or nothing")
    func arrays() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(
                    #"[{"id":"o-1","sku":"TEE","quantity":2},{"sku":"CAP","quantity":3}]"#,
                    #"[{"id":"o-2","sku":"TEE","quantity":2},{"sku":"CAP","quantity":3000}]"#)
                try await till.answered(2)
            }
            #expect(till.replies.first?.lines == [.init(sku: "TEE", stock: 998), .init(sku: "CAP", stock: 997)])
            #expect(till.replies.last?.code == "insufficient_stock")
            #expect(try await shop.stock("TEE") == 998)
        }
    }

    @Test("the reply goes to the response topic with its correlation data")
    func responseTopic() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker, replyTopic: "scanners/till/answers")
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(Shop.code) {
                    $0.responseTopic = "scanners/till/answers"
                    $0.correlationData = [1, 0, 2]
                }
                try await till.answered(1)
            }
            #expect(till.messages.map(\.correlationData) == [[1, 0, 2]])
        }
    }

    @Test("with wildcards in the topic a scan is answered on the levels that it came on, and a group shares the scans")
    func wildcards() async throws {
        let shop = try await Shop(broker: TestBroker())
        let options = try shop.options {
            $0.topic = "plant/+/scanners/{device}/scan"
            $0.share = "stock"
        }
        let till = try await Scanner("till", at: shop.broker, replyTopic: "plant/+/scanners/+/ack")
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            #expect(status.current.peer == shop.broker.url)
            try await till.collecting {
                for plant in ["north", "south"] {
                    _ = try await till.client.publish([
                        MQTTMessage(topic: "plant/\(plant)/scanners/till/scan", payload: Array(Shop.code.utf8))
                    ])
                }
                try await till.answered(2)
            }
            #expect(Set(till.messages.map(\.topic)) == ["plant/north/scanners/till/ack", "plant/south/scanners/till/ack"])
            #expect(till.replies.map(\.status) == ["applied", "applied"])
            #expect(shop.broker.log.contains("$share/stock/plant/+/scanners/+/scan"))
        }
    }

    @Test("a scanner that speaks 3.1.1 is served too")
    func version311() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker, version: .v311)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(Shop.code)
                try await till.answered(1)
            }
            #expect(till.replies.map(\.status) == ["applied"])
        }
    }

    @Test("a retained scan is ignored and counted")
    func retained() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            try await till.scan(Shop.code) { $0.retain = true }
            try await shop.serving { status in
                try await eventually("it is counted") { status.current.ignored == 1 }
                #expect(status.current.applied == 0)
            }
            #expect(till.replies.isEmpty)
            #expect(try await shop.stock() == 1000)
        }
    }

    @Test("a malformed scan is answered, counted and acknowledged, and the next one is served")
    func malformed() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        let options = try shop.options { $0.payloadLimit = .kibibytes(1) }
        try await shop.serving(options) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(
                    #"{"id":"bad","sku":"TEE","colour":"red"}"#, String(repeating: "1", count: 1025), #"{"sku":"TEE"}"#)
                try await till.answered(3)
            }
            #expect(till.replies.map(\.status) == ["rejected", "rejected", "applied"])
            #expect(till.replies[0].id == "bad" && till.replies[0].code == "invalid_request")
            #expect(till.replies[0].message?.contains("colour") == true)
            #expect(till.replies[1].message?.contains("1025 bytes") == true)
            #expect(status.current.malformed == 2 && status.current.received == 3)
        }
        // Everything was acknowledged: nothing comes again.
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.broker(shop.broker) { try await $0.scan(Shop.code) }
            try await eventually("the next one comes") { status.current.applied == 1 }
            #expect(status.current.received == 1)
        }
    }

    @Test("control codes say what the next scans mean, also after a restart, and take the last scan back once")
    func controlCodes() async throws {
        let shop = try await Shop(broker: TestBroker())
        try await shop.apply(.createLocation(Location(code: "WH1", name: "Warehouse")))
        let folder = try TemporaryFolder()
        let file = SourceFile(path: folder.file("mqtt-scanners.json"))
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            try await shop.serving(file: file) { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                try await till.scan("TW:AT:WH1", "TW:OP:add", Shop.code)
                try await till.answered(3)
            }
            try await shop.serving(file: file) { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                try await till.scan(Shop.code, "TW:UNDO", "TW:UNDO", "TW:OP:set", "TW:END", Shop.code)
                try await till.answered(9)
            }
        }
        #expect(
            till.replies.map(\.status) == [
                "applied", "applied", "applied", "applied", "applied", "rejected", "rejected", "applied", "applied",
            ])
        #expect(till.replies.map { $0.mode?.operation } == [nil, .add, .add, .add, .add, .add, nil, nil, nil])
        #expect(till.replies[5].code == "nothing_to_undo" && till.replies[7].mode == DeviceMode())
        #expect(till.replies[4].stock == 1001 && till.replies[8].stock == 1000)
        let there = try await shop.journal.variant(.sku("TEE")).value?.variant.balance(at: "WH1").onHand
        #expect(there == 1)
    }

    @Test(
        "scans with TW:OP:count add to the open count of the place, and TW:UNDO takes the last one out; without a count each is one"
    )
    func counts() async throws {
        let shop = try await Shop(broker: TestBroker())
        try await shop.apply(.openCount(NewCount(location: "MAIN", by: "admin")), id: "count-7")
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            try await shop.serving { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                try await till.scan("TW:OP:count", Shop.code, Shop.code, "TW:UNDO", Shop.code)
                try await till.answered(5)
                #expect(till.replies.dropFirst().map(\.counted) == [1, 2, 1, 2])
                #expect(till.replies.dropFirst().allSatisfy { $0.countId == "count-7" && $0.stock == 1000 })
                try await shop.apply(.useCount(CountUse(count: "count-7", kind: .post(reason: nil), by: "admin")))
                #expect(try await shop.stock() == 2)
                try await till.scan(Shop.code)
                try await till.answered(6)
                #expect(till.replies[5].countId == nil && till.replies[5].stock == 1)
            }
        }
    }

    @Test("a control code or an undo that is delivered again is answered as before and does nothing more")
    func controlCodesAgain() async throws {
        let shop = try await Shop(broker: TestBroker())
        let folder = try TemporaryFolder()
        let file = SourceFile(path: folder.file("mqtt-scanners.json"))
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            let crashing = CrashingGateway(shop.engine, .afterCommit)
            try await shop.serving(gateway: crashing, file: file) { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                try await till.scan("TW:OP:add", Shop.code, Shop.code, "TW:UNDO", "TW:OP:subtract", Shop.code, "TW:END")
                try await eventually("a batch is stuck") { status.current.state == "waiting" }
            }
            // A code that came before the scans, and alone, needs no commit.
            #expect(!till.replies.contains { $0.seq != nil })
            try await shop.serving(file: file) { _ in try await till.answered(7) }
        }
        #expect(try await shop.stock() == 1000, "added twice, taken back once, subtracted once")
        #expect(!till.replies.contains { $0.status == "rejected" }, "\(till.replies)")
    }

    @Test("scans that wait at the broker while the server is away are served when it comes")
    func away() async throws {
        let shop = try await Shop(broker: TestBroker())
        try await shop.serving { status in try await eventually("it is connected") { status.current.state == "connected" } }
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            for _ in 0..<50 { try await till.scan(Shop.code) }
            try await shop.serving { _ in try await till.answered(50) }
        }
        #expect(try await shop.stock() == 950)
    }

    @Test("scans without an id are applied once when the server dies before or after the commit", arguments: [true, false])
    func dies(afterCommit: Bool) async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            let crashing = CrashingGateway(shop.engine, afterCommit ? .afterCommit : .beforeCommit)
            try await shop.serving(gateway: crashing) { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                for _ in 0..<20 { try await till.scan(Shop.code) }
                try await eventually("a batch is stuck") { status.current.state == "waiting" }
            }
            #expect(till.replies.isEmpty)
            let committed = try await shop.stock()
            #expect(afterCommit ? committed ?? 1000 < 1000 : committed == 1000)
            try await shop.serving { status in
                try await till.answered(20)
                #expect(status.current.received == 20)
                #expect(afterCommit ? status.current.duplicates > 0 : status.current.duplicates == 0)
            }
        }
        #expect(try await shop.stock() == 980)
        #expect(Set(till.replies.map(\.id)).count == 20)
    }

    @Test("scans that fill several batches are applied once when the server dies between their commit and their acknowledgement")
    func diesWithMuchAtOnce() async throws {
        let shop = try await Shop(broker: TestBroker())
        try await shop.serving { status in try await eventually("its session exists") { status.current.state == "connected" } }
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            #expect(try await till.client.publish(till.waiting(700)).count == 700)
            try await shop.serving(gateway: CrashingGateway(shop.engine, .afterCommit)) { status in
                try await eventually("a batch is stuck") { status.current.state == "waiting" }
                try await eventually("some are committed") { (try? await shop.stock() ?? 1000 < 1000) == true }
            }
            #expect(till.replies.isEmpty)
            try await shop.serving { status in
                try await till.answered(700)
                #expect(status.current.received == 700 && status.current.duplicates > 0)
            }
        }
        #expect(try await shop.stock() == 300)
    }

    @Test("when the engine has no room for a batch, what comes behind it waits: the order stays")
    func overloaded() async throws {
        let shop = try await Shop(broker: TestBroker(), inbox: 150)
        try await shop.serving { status in try await eventually("its session exists") { status.current.state == "connected" } }
        let till = try await Scanner("till", at: shop.broker)
        try await till.collecting {
            let messages = till.waiting(1000) { #"{"id":"till-\#($0)","sku":"CAP","operation":"set","quantity":\#($0)}"# }
            #expect(try await till.client.publish(messages).count == 1000)
            try await shop.serving { status in
                try await till.answered(1000)
                #expect(status.current.applied == 1000)
            }
        }
        #expect(till.replies.map(\.stock) == (1...1000).map { $0 })
        #expect(try await shop.stock("CAP") == 1000)
    }

    @Test("scans without an id are applied once through ten deaths, and identical ones in between count")
    func diesOften() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in try await eventually("its session exists") { status.current.state == "connected" } }
        try await till.collecting {
            for round in 0..<10 {
                let crashing = CrashingGateway(shop.engine, round % 3 == 0 ? .beforeCommit : .afterCommit)
                try await shop.serving(gateway: crashing) { status in
                    try await till.scan(Shop.code, Shop.code, Shop.code)
                    try await eventually("a batch is stuck") { status.current.state == "waiting" }
                }
            }
            try await shop.serving { _ in try await till.answered(30) }
        }
        #expect(try await shop.stock() == 970)
    }

    @Test("a broker that forgot its session and counts from 1 again brings new scans")
    func newSession() async throws {
        let shop = try await Shop(broker: TestBroker())
        for _ in 0..<3 {
            try await shop.serving { status in
                try await eventually("it is connected") { status.current.state == "connected" }
                let till = try await Scanner("till", at: shop.broker)
                try await till.collecting {
                    try await till.scan(Shop.code)
                    try await till.answered(1)
                }
                #expect(till.replies.map(\.status) == ["applied"])
            }
            shop.broker.kill()
            try shop.broker.start()
        }
        #expect(try await shop.stock() == 997)
    }

    @Test("the broker can be restarted under load, and no scan is lost or counted twice")
    func brokerRestarted() async throws {
        let shop = try await Shop(broker: TestBroker(persistence: true))
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await till.collecting {
                for round in 0..<3 {
                    try await eventually("it is connected") { status.current.state == "connected" && till.client.state.isConnected }
                    for scan in 0..<30 { try await till.scan(#"{"id":"\#(round)-\#(scan)","sku":"TEE"}"#) }
                    shop.broker.stop()
                    try await eventually("it is noticed") { status.current.state != "connected" && !till.client.state.isConnected }
                    #expect(status.current.lastError?.contains(shop.broker.url) == true)
                    try shop.broker.start()
                }
                try await eventually("all are applied") { try await shop.stock() == 910 }
            }
        }
        #expect(shop.scans == 90)
    }

    @Test("while the journal cannot write nothing is answered, and everything is when it can again")
    func journalFails() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            shop.journal.failAppends(with: JournalError(.storage, "the disk is full"))
            try await till.collecting {
                try await till.scan(Shop.code, Shop.code, #"{"sku":"nothing"}"#)
                try await eventually("it waits and says why") {
                    status.current.state == "waiting" && status.current.lastError?.contains("the disk is full") == true
                }
                #expect(till.replies.isEmpty)
                #expect(!shop.broker.log.contains("Received PUBACK from tallywire-mqtt-scanners "))
                shop.journal.failAppends(with: nil)
                try await till.answered(3)
            }
            #expect(till.replies.map(\.status) == ["applied", "applied", "rejected"])
            try await eventually("it is well again") { status.current.state == "connected" }
        }
    }

    @Test("the reply leaves before the acknowledgement does")
    func order() async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(Shop.code)
                try await eventually("it is acknowledged") {
                    shop.broker.log.contains("Received PUBACK from tallywire-mqtt-scanners ")
                }
            }
        }
        let log = shop.broker.log
        let reply = try #require(log.range(of: "Received PUBLISH from tallywire-mqtt-scanners-answers"))
        let acknowledgement = try #require(log.range(of: "Received PUBACK from tallywire-mqtt-scanners "))
        #expect(reply.lowerBound < acknowledgement.lowerBound)
    }

    @Test("thousands of scans of several scanners are applied in the order of each")
    func load() async throws {
        let shop = try await Shop(broker: TestBroker())
        let scanners = [try await Scanner("till", at: shop.broker), try await Scanner("dock-1", at: shop.broker)]
        try await shop.serving { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scanner in scanners {
                    group.addTask {
                        try await scanner.collecting {
                            let messages = (1...2000).map { number in
                                MQTTMessage(
                                    topic: "scanners/\(scanner.device)/scan",
                                    payload: Array(#"{"id":"\#(scanner.device)-\#(number)","sku":"CAP","operation":"add"}"#.utf8))
                            }
                            #expect(try await scanner.client.publish(messages).count == 2000)
                            try await scanner.answered(2000)
                        }
                        #expect(scanner.replies.map(\.id) == (1...2000).map { "\(scanner.device)-\($0)" })
                        #expect(scanner.replies.allSatisfy { $0.status == "applied" })
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await shop.stock("CAP") == 5000)
    }
}

extension Scanner {
    /// So many scans, numbered from 1.
    func waiting(_ count: Int, _ payload: (Int) -> String = { _ in Shop.code }) -> [MQTTMessage] {
        (1...count).map { MQTTMessage(topic: "scanners/\(device)/scan", payload: Array(payload($0).utf8)) }
    }

    /// A scanner of the same name on a new connection.
    func broker(_ broker: TestBroker, _ body: (Scanner) async throws -> Void) async throws {
        let scanner = try await Scanner(device, at: broker)
        try await scanner.collecting { try await body(scanner) }
    }
}
