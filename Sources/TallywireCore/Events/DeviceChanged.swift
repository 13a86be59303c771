/// A device went offline, or came back.
public struct DeviceChanged: Equatable, Sendable, Codable {
    /// The device's name at its source.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    public let isOnline: Bool
    /// When the last message came from the device; `nil` if none ever came.
    public let lastSeen: Timestamp?
    /// How the server knows, for people.
    public let reason: String

    public init(device: String, source: String, isOnline: Bool, lastSeen: Timestamp?, reason: String) {
        self.device = device
        self.source = source
        self.isOnline = isOnline
        self.lastSeen = lastSeen
        self.reason = reason
    }
}

extension DeviceChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "DeviceChanged", [.deviceOffline, .deviceOnline], "A device went out of reach, or came back.",
        [
            Member("device", .string), Member("source", .string), Member("status", .words(["offline", "online"])),
            Member("lastSeen", .optionalTimestamp), Member("reason", .string), Member("message", .string),
        ])

    public static var example: DeviceChanged {
        DeviceChanged(
            device: "dock-1", source: "mqtt-scanners", isOnline: false, lastSeen: Timestamp(milliseconds: 1_795_365_540_000),
            reason: "its status says so, or its will")
    }

    public var type: EventType { isOnline ? .deviceOnline : .deviceOffline }

    public var eventSubject: Event.Subject {
        Event.Subject()
    }

    public var wording: [Event.Words] {
        isOnline
            ? [.marked("\(device) is back", .ok)] : [.marked("\(device) is offline", .out), .text(": \(reason)")]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("device", device)
        json.member("source", source)
        json.member("status", isOnline ? "online" : "offline")
        json.key("lastSeen")
        if let lastSeen { json.timestamp(lastSeen) } else { json.null() }
        json.member("reason", reason)
        json.member("message", isOnline ? "\(device) is back" : "\(device) is offline: \(reason)")
    }

    public init(_ data: EventData) throws {
        let status: String = try data("status")
        self.init(
            device: try data("device"), source: try data("source"), isOnline: status == "online",
            lastSeen: try data.optional("lastSeen"), reason: try data("reason"))
    }
}
