import TallywireCore

/// What does not work at the moment between this node and etcd.
public struct EtcdStatus: Equatable, Sendable {
    /// What reads fail with; `nil` since the last one that succeeded.
    public internal(set) var reads: Trouble?
    /// What writes fail with; `nil` since the last one that succeeded. If the quota of etcd's database is reached, writes fail alone.
    public internal(set) var writes: Trouble?

    public struct Trouble: Equatable, Sendable {
        /// The last error.
        public internal(set) var error: EtcdError
        /// When the first of these failures came.
        public internal(set) var since: Timestamp
        /// How many there were.
        public internal(set) var failures: Int
    }

    mutating func note(_ error: EtcdError, isWrite: Bool, at now: Timestamp) {
        let path = isWrite ? \EtcdStatus.writes : \EtcdStatus.reads
        var trouble = self[keyPath: path] ?? Trouble(error: error, since: now, failures: 0)
        trouble.error = error
        trouble.failures += 1
        self[keyPath: path] = trouble
    }

    /// A write that succeeds shows that reads would, too.
    mutating func noteSuccess(isWrite: Bool) {
        reads = nil
        if isWrite { writes = nil }
    }
}
