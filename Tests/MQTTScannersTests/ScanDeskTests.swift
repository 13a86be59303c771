import Mosquitto
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("What is done with a message")
struct ScanDeskTests {
    private let desk: ScanDesk

    init() throws {
        desk = ScanDesk(
            source: "mqtt-scanners", topic: try ScanTopic(template: "scanners/{device}/scan"),
            devices: DeviceBook(["*": DeviceSettings(operation: .subtract)]), defaultLocation: "MAIN", lineLimit: 10,
            clockSkew: .seconds(300))
    }

    private let now = Timestamp(milliseconds: 1_795_365_600_000)

    private func order(_ message: InboundMessage) -> ScanDesk.Order {
        var desk = desk
        return desk.order(for: message, now: now) { "made" }
    }

    private func message(_ payload: String, device: String = "dock-1", configure: (inout InboundMessage) -> Void = { _ in })
        -> InboundMessage
    {
        var message = InboundMessage(topic: "scanners/\(device)/scan", payload: Array(payload.utf8), packetID: 1)
        configure(&message)
        return message
    }

    @Test("a scan is submitted with its device as the source, and with its own id or one that is made")
    func submits() {
        let line = Movement.Line(item: .barcode("123"), location: "MAIN", operation: .subtract, quantity: 1)
        let command = Command(id: "made", source: "mqtt-scanners/dock-1", action: .move(Movement(lines: [line])))
        guard case .submit(let bare) = order(message("123")),
            case .submit(let given) = order(message(#"{"id":"own","sku":"A"}"#))
        else { return #expect(Bool(false)) }
        #expect(bare.tasks.map(\.command) == [command] && !bare.tasks[0].idIsGiven && bare.addressee.name == "dock-1")
        #expect(given.tasks.map(\.command.id) == ["own"] && given.tasks[0].idIsGiven)
    }

    @Test("each read of a batch is a movement with an id of its own, the same when the message comes again")
    func batches() throws {
        let payload = String(decoding: try Fixture.bytes("zebra-sled"), as: UTF8.self)
        guard case .submit(let order) = order(message(payload)) else { return #expect(Bool(false)) }
        #expect(order.tasks.map(\.command.id) == ["made-0", "made-1", "made-2"] && order.id == "made")
        #expect(order.tasks.map(\.isTag) == [false, false, true])
    }

    @Test("a gateway's scanners are known by their own names")
    func gateway() throws {
        let payload = String(decoding: try Fixture.bytes("proglove-plain"), as: UTF8.self)
        guard case .submit(let order) = order(message(payload, device: "gateway")) else { return #expect(Bool(false)) }
        #expect(order.addressee.device == "gateway" && order.addressee.name == "M2MR111100928")
        #expect(order.tasks.map(\.command.source) == ["mqtt-scanners/M2MR111100928"])
    }

    @Test("a time that is ahead of the server's clock by more than the bound is refused; an old one is kept")
    func clocks() {
        func isTaken(_ milliseconds: Int64) -> Bool {
            let time = Timestamp(milliseconds: now.milliseconds + milliseconds)
            if case .submit = order(message(#"{"sku":"A","occurredAt":"\#(time)"}"#)) { return true }
            return false
        }
        #expect(isTaken(0) && isTaken(300_000) && !isTaken(300_001) && isTaken(-90 * 86_400_000))
    }

    @Test("a retained scan is ignored")
    func ignores() {
        #expect(order(message("123") { $0.isRetained = true }) == .ignore)
    }

    @Test("what is no scan is refused, with the sender's id if it can be read")
    func refuses() {
        func reply(_ message: InboundMessage) -> ScanReply? {
            if case .refuse(let reply, _) = order(message) { reply } else { nil }
        }
        #expect(reply(message(""))?.id == "made")
        #expect(reply(message(#"{"id":"own","sku":3}"#))?.id == "own")
        let large = reply(message("") { $0.size = 70_000 })
        #expect(large?.results == [.rejected(Rejection(.invalidRequest, "the payload has 70000 bytes, which is over the limit"))])
        #expect(reply(message("123", device: "")) != nil)
        #expect(reply(message("123", device: String(repeating: "d", count: 200))) != nil)
    }

    @Test("the answer goes where the sender wants it, unless that cannot be")
    func answers() throws {
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))
        func topic(_ response: String?) -> String? {
            desk.answers(
                reply, to: message("1") { $0.responseTopic = response }, Addressee(device: "dock-1", name: "dock-1"), now: now
            ).first?.topic
        }
        #expect(topic(nil) == "scanners/dock-1/ack")
        #expect(topic("my/answers") == "my/answers")
        #expect(topic("my/#") == "scanners/dock-1/ack")
        #expect(topic("") == "scanners/dock-1/ack")
        // It would come back as a scan.
        #expect(topic("scanners/dock-2/scan") == "scanners/dock-1/ack")
        let answer = try #require(
            desk.answers(
                reply, to: message("1") { $0.correlationData = [7, 0] }, Addressee(device: "dock-1", name: "dock-1"), now: now
            ).first)
        #expect(answer.correlationData == [7, 0])
        #expect(answer.quality == .atLeastOnce && !answer.retain)
    }

    @Test("where only those are answered that ask, the others are not")
    func asked() {
        let quiet = ScanDesk(
            source: "s", topic: desk.topic, devices: desk.devices, defaultLocation: "MAIN", lineLimit: 10, clockSkew: .zero,
            answers: .asked)
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))
        let addressee = Addressee(device: "dock-1", name: "dock-1")
        #expect(quiet.answers(reply, to: message("1"), addressee, now: now).isEmpty)
        #expect(quiet.answers(reply, to: message("1") { $0.responseTopic = "a" }, addressee, now: now).map(\.topic) == ["a"])
    }

    @Test("an id that is made fits the engine and tells packets and contents apart")
    func makesIDs() {
        let name = String(repeating: "n", count: 64)
        let id = ScanIdentity.id(source: name, number: 7, message("1"))
        #expect(Command.validate(id: id) == nil)
        #expect(id == ScanIdentity.id(source: name, number: 7, message("1") { $0.isRedelivery = true }))
        let others = [
            ScanIdentity.id(source: name, number: 8, message("1")), ScanIdentity.id(source: name, number: 7, message("2")),
            ScanIdentity.id(source: name, number: 7, message("1", device: "other")),
            ScanIdentity.id(source: name, number: 7, message("1") { $0.correlationData = [1] }),
            ScanIdentity.random(source: name), ScanIdentity.random(source: name),
        ]
        #expect(Set(others + [id]).count == 7)
        #expect(Command.validate(id: ScanIdentity.random(source: name)) == nil)
        // Ids of later packets sort later, which keeps the index of ids cheap.
        #expect(ScanIdentity.id(source: name, number: 255, message("z")) < ScanIdentity.id(source: name, number: 256, message("a")))
    }
}
