/// An alert that is not over: the variant's level is still the level of the alert.
///
/// The alert is a reference to immutable values, so that a variant without an alert, as most are, needs only one word for it.
public final class OpenAlert: Equatable, Sendable {
    /// The `seq` of the `stock_alert`.
    public let seq: UInt64
    /// When the alert was raised.
    public let since: Timestamp
    /// Who has acknowledged the alert; `nil` if nobody has.
    public let acknowledgement: Acknowledgement?

    /// The acknowledgement of an alert.
    public struct Acknowledgement: Equatable, Sendable {
        public let by: String
        public let at: Timestamp
        public let note: String?

        public init(by: String, at: Timestamp, note: String?) {
            self.by = by
            self.at = at
            self.note = note
        }
    }

    public init(seq: UInt64, since: Timestamp, acknowledgement: Acknowledgement? = nil) {
        self.seq = seq
        self.since = since
        self.acknowledgement = acknowledgement
    }

    public static func == (left: OpenAlert, right: OpenAlert) -> Bool {
        left === right || (left.seq == right.seq && left.since == right.since && left.acknowledgement == right.acknowledgement)
    }
}
