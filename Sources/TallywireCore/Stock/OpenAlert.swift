/// An alert that was told and is not over: the variant's level is still the one that it told.
///
/// It is a reference to what never changes, so that a variant without an alert, as most are, pays a word for it.
public final class OpenAlert: Equatable, Sendable {
    /// The `stock_alert`.
    public let seq: UInt64
    /// When it was told.
    public let since: Timestamp
    /// Who has seen it; `nil` if nobody said so yet.
    public let acknowledgement: Acknowledgement?

    /// That somebody has seen an alert.
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
