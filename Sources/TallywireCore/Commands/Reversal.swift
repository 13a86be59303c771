/// Takes back a movement: its opposite happens, as a movement of its own.
public struct Reversal: Equatable, Sendable, Codable {
    public var subject: Subject
    public var reason: String?

    /// Which movement is taken back.
    public enum Subject: Equatable, Sendable, Codable {
        /// The movement `id`, which belongs to `device`: see ``Command/key(id:device:)``.
        case movement(id: String, device: String?)
        /// The last movement of `source`, if it is not older than `within`. `device` is the device of that source.
        case last(source: String, device: String, within: Duration)
    }

    public init(_ subject: Subject, reason: String? = nil) {
        self.subject = subject
        self.reason = reason
    }
}

/// What a journal knows of an applied command that is to be reversed.
public struct RecordedMovement: Equatable, Sendable {
    /// The ``Command/key`` of the command.
    public let key: String
    /// The command's id.
    public let id: String
    /// The id of the reversal that took the movement back; `nil` if none has.
    public let reversedBy: String?
    /// The changes of stock that the command made, in order; `nil` if their events are no longer kept.
    public let changes: [InventoryUpdated]?
    /// The `count_changed` in which the command counted something in an open count.
    public let reports: [Event]
    /// When the command was decided; `nil` if that is not known.
    public let at: Timestamp?
    /// By index in ``changes``, those that repeated a serial number, with the event that counted it before.
    public let repeatedSerials: [Int: UInt64]

    public init(
        key: String, id: String, reversedBy: String? = nil, changes: [InventoryUpdated]?, reports: [Event] = [],
        at: Timestamp? = nil,
        repeatedSerials: [Int: UInt64] = [:]
    ) {
        self.key = key
        self.id = id
        self.reversedBy = reversedBy
        self.changes = changes
        self.reports = reports
        self.at = at
        self.repeatedSerials = repeatedSerials
    }
}
