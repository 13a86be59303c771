import TallywireCore

/// What is known of a device that brings movements in.
public struct DeviceRecord: Equatable, Sendable {
    /// Whether a device can be reached, as far as it tells.
    public enum Presence: String, Sendable {
        /// It never said anything about it.
        case unknown
        case online, offline
    }

    /// Its name at its source.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    /// Whether plugins.json names it.
    public var isConfigured = false
    public var presence = Presence.unknown
    /// When ``presence`` changed last.
    public var since: Timestamp?
    /// When something came from it last.
    public var lastSeen: Timestamp?
    /// Which of its sessions ``presence`` is about, if it numbers them.
    public var session: Int64?
    /// In percent.
    public var battery: Int?
    public var firmware: String?
    public var model: String?
    public var counters = Counters()
    /// The last refusal that it got.
    public var lastError: String?

    /// What came from a device since the server started.
    public struct Counters: Equatable, Sendable {
        public var applied: UInt64 = 0
        public var duplicates: UInt64 = 0
        public var rejected: UInt64 = 0
        /// Payloads that could not be read.
        public var malformed: UInt64 = 0
        /// Codes that came again too soon to be a second scan.
        public var bounced: UInt64 = 0

        public init() {}
    }

    public init(device: String, source: String) {
        self.device = device
        self.source = source
    }
}
