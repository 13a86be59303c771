/// A device's message was set aside, since the server crashed several times in a row while it handled the message. Somebody has to
/// look at it.
public struct ScanSetAside: Equatable, Sendable, Codable {
    /// The device that the message's topic names.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    /// The topic, shortened.
    public let topic: String
    /// The file that holds the message.
    public let file: String

    public init(device: String, source: String, topic: String, file: String) {
        self.device = device
        self.source = source
        self.topic = topic
        self.file = file
    }
}

extension ScanSetAside: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "ScanSetAside", [.scanSetAside], "A device's message ended the server again and again, and is not handled any more.",
        [
            Member("device", .string), Member("source", .string), Member("topic", .string), Member("file", .string),
            Member("message", .string),
        ])

    public static var example: ScanSetAside {
        ScanSetAside(
            device: "dock-1", source: "mqtt-scanners", topic: "scanners/dock-1/scan",
            file: "data/set-aside/mqtt-scanners.jsonl")
    }

    public var type: EventType { .scanSetAside }

    public var eventSubject: Event.Subject {
        Event.Subject()
    }

    public var wording: [Event.Words] {
        [.marked("a message of \(device) was set aside", .out), .text(" in \(file)")]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("device", device)
        json.member("source", source)
        json.member("topic", topic)
        json.member("file", file)
        json.member("message", "A message of \(device) ended the server twice and was set aside in \(file)")
    }

    public init(_ data: EventData) throws {
        self.init(
            device: try data("device"), source: try data("source"), topic: try data("topic"), file: try data("file"))
    }
}
