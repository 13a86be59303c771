import TallywireEngine

extension SQLiteJournal {
    public struct Configuration: Sendable {
        /// The shortest time for which answers to commands are kept, by the time that has passed.
        public var keepAnswers: Duration
        /// Beyond this number the oldest answers are deleted early. Each answer costs some 40 bytes of memory.
        public var maximumAnswers: Int
        /// How many connections may read at the same time.
        public var readers: Int
        /// How far the journal has come, as witnesses outside of it know.
        public var known: [JournalWitness]
        /// The epoch of a journal that several nodes have, each a copy of its own; `nil` for a server by itself.
        ///
        /// A journal without events gets this epoch. A journal with events and another epoch is refused. A journal with this epoch
        /// keeps it, also where a power cut, a restored copy or the copy of another node put it back: which events follow is said
        /// by the replicated log, so that no number ever means anything else. Without it, ``known`` and the mark beside the journal
        /// decide.
        public var epoch: String?
        /// Asked, with the reason, before a journal that is not the one which was written last in its place gets a new epoch. With `false`
        /// the journal is not opened, and nothing of it is changed. `nil` is a yes.
        public var mayBegin: (@Sendable (_ reason: String) -> Bool)?
        /// What a power cut leaves of the last commits.
        public var durability: Durability

        public init(
            keepAnswers: Duration = .seconds(8 * 86_400), maximumAnswers: Int = 10_000_000, readers: Int = 4,
            known: [JournalWitness] = [], epoch: String? = nil, mayBegin: (@Sendable (_ reason: String) -> Bool)? = nil,
            durability: Durability = .full
        ) {
            self.known = known
            self.keepAnswers = keepAnswers
            self.maximumAnswers = maximumAnswers
            self.readers = readers
            self.epoch = epoch
            self.mayBegin = mayBegin
            self.durability = durability
        }
    }

    /// SQLite's setting `synchronous`.
    public enum Durability: String, Sendable {
        /// Each commit is on disk when the call returns.
        case full = "FULL"
        /// A power cut may take the last commits, but never one from the middle. For a journal whose batches are kept elsewhere
        /// until they are on disk here. A process that is killed loses nothing.
        case normal = "NORMAL"
    }
}
