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
            devices: DeviceBook(["*": DeviceSettings(operation: .subtract)]), defaultLocation: "MAIN", lineLimit: 10)
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
        #expect(
            desk.order(for: message("123")) { "made" } == .submit(command, device: "dock-1", isList: false, idIsGiven: false))
        guard
            case .submit(let given, _, _, let idIsGiven) = desk.order(for: message(#"{"id":"own","sku":"A"}"#), makeID: { "made" })
        else { return #expect(Bool(false)) }
        #expect(given.id == "own" && idIsGiven)
    }

    @Test("a retained scan is ignored")
    func ignores() {
        #expect(desk.order(for: message("123") { $0.isRetained = true }) { "made" } == .ignore)
    }

    @Test("what is no scan is refused, with the sender's id if it can be read")
    func refuses() {
        func reply(_ message: InboundMessage) -> ScanReply? {
            if case .refuse(let reply, _) = desk.order(for: message, makeID: { "made" }) { reply } else { nil }
        }
        #expect(reply(message(""))?.id == "made")
        #expect(reply(message(#"{"id":"own","sku":3}"#))?.id == "own")
        let large = reply(message("") { $0.size = 70_000 })
        #expect(large?.outcome == .rejected(Rejection(.invalidRequest, "the payload has 70000 bytes, which is over the limit")))
        #expect(reply(message("123", device: "")) != nil)
        #expect(reply(message("123", device: String(repeating: "d", count: 200))) != nil)
    }

    @Test("the answer goes where the sender wants it, unless that cannot be")
    func answers() throws {
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))
        func topic(_ response: String?) -> String? {
            desk.answer(reply, to: message("1") { $0.responseTopic = response }, device: "dock-1")?.topic
        }
        #expect(topic(nil) == "scanners/dock-1/ack")
        #expect(topic("my/answers") == "my/answers")
        #expect(topic("my/#") == "scanners/dock-1/ack")
        #expect(topic("") == "scanners/dock-1/ack")
        // It would come back as a scan.
        #expect(topic("scanners/dock-2/scan") == "scanners/dock-1/ack")
        let answer = try #require(desk.answer(reply, to: message("1") { $0.correlationData = [7, 0] }, device: "dock-1"))
        #expect(answer.correlationData == [7, 0])
        #expect(answer.quality == .atLeastOnce && !answer.retain)
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
