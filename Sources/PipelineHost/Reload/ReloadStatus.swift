import Synchronization

/// The result of reading files again, as `/health/ready` and `/metrics` show it. Safe from any thread.
public final class ReloadStatus: Sendable {
    public struct Snapshot: Equatable, Sendable {
        public var succeeded: UInt64 = 0
        public var failed: UInt64 = 0
        /// Why the last reload failed, `nil` if it did not. After a failure the earlier contents stay in use.
        public var failure: String?
    }

    /// What is reloaded: `keys`, `certificate`.
    public let name: String
    private let snapshot = Mutex(Snapshot())

    public init(name: String) { self.name = name }

    public var current: Snapshot { snapshot.withLock { $0 } }

    public func succeeded() {
        snapshot.withLock { snapshot in
            snapshot.succeeded += 1
            snapshot.failure = nil
        }
    }

    public func failed(_ reason: String) {
        snapshot.withLock { snapshot in
            snapshot.failed += 1
            snapshot.failure = reason
        }
    }
}
