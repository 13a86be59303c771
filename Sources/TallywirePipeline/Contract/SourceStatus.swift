import Synchronization

/// A source's state and counters, as `/api/pipeline` and `/metrics` show them. Safe from any thread.
public final class SourceStatus: Sendable {
    public struct Snapshot: Equatable, Sendable {
        public var state = "starting"
        /// Messages that came in.
        public var received: UInt64 = 0
        /// Commands that were applied, and repeats of such.
        public var applied: UInt64 = 0
        public var duplicates: UInt64 = 0
        /// Commands that were refused for a reason of stock or catalogue.
        public var rejected: UInt64 = 0
        /// Payloads that could not be read.
        public var malformed: UInt64 = 0
        /// Messages that were left aside on purpose, such as retained ones.
        public var ignored: UInt64 = 0
        public var lastError: String?
        /// Whom it is connected to, without secrets, if it connects to somebody; of several brokers the one that it has now.
        public var peer: String?

        public init() {}
    }

    private let snapshot = Mutex(Snapshot())

    public init() {}

    public var current: Snapshot { snapshot.withLock { $0 } }

    /// Changes the snapshot; `body` must be short.
    public func update(_ body: (inout Snapshot) -> Void) {
        snapshot.withLock { body(&$0) }
    }
}
