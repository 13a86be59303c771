import TallywireCore

/// What has to be known of a device's presence after a restart, in one number: whether it was online, and since when.
struct PresenceMark: Equatable, Sendable {
    var presence: Presence
    var since: Timestamp

    enum Presence: UInt64, Sendable {
        case online = 1
        case offline = 2
    }

    init(_ presence: Presence, since: Timestamp) {
        self.presence = presence
        self.since = since
    }

    /// `nil` for a number that is no mark.
    init?(_ number: UInt64) {
        guard let presence = Presence(rawValue: number & 3) else { return nil }
        self.init(presence, since: Timestamp(milliseconds: Int64(number >> 2)))
    }

    var number: UInt64 { UInt64(clamping: since.milliseconds) << 2 | presence.rawValue }
}
