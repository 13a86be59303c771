import Synchronization

/// The result of reading files again, as `/health/ready` and `/metrics` show it. Safe from any thread.
public final class ReloadStatus: Sendable {
    public struct Snapshot: Equatable, Sendable {
        public var succeeded: UInt64 = 0
        public var failed: UInt64 = 0
        /// Why the last reload failed, `nil` if it did not. After a failure the earlier contents stay in use.
        public var failure: String?
        /// When it was read last; `nil` if it was not.
        public var readAt: ContinuousClock.Instant?
    }

    /// What is reloaded: `keys`, `certificate`, `jwks`.
    public let name: String
    private let snapshot: Mutex<Snapshot>

    /// `isRead` says that it was read before the server started.
    public init(name: String, isRead: Bool = true) {
        self.name = name
        snapshot = Mutex(Snapshot(readAt: isRead ? .now : nil))
    }

    public var current: Snapshot { snapshot.withLock { $0 } }

    public func succeeded() {
        snapshot.withLock { snapshot in
            snapshot.succeeded += 1
            snapshot.failure = nil
            snapshot.readAt = .now
        }
    }

    public func failed(_ reason: String) {
        snapshot.withLock { snapshot in
            snapshot.failed += 1
            snapshot.failure = reason
        }
    }
}
