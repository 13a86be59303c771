/// What something outside the journal knows of how far that had come: the last line of a log, for one.
///
/// A journal that ends before what a witness knows is an older copy that was put back.
public struct JournalWitness: Equatable, Sendable {
    /// What knows it, for people: “the log data/events.jsonl”.
    public var name: String
    /// The journal that it knows.
    public var epoch: String
    /// The last event that it knows.
    public var seq: UInt64

    public init(name: String, epoch: String, seq: UInt64) {
        self.name = name
        self.epoch = epoch
        self.seq = seq
    }
}
