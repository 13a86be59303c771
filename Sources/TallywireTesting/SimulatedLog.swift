import Synchronization
import TallywireCluster

/// A replicated log in memory, for tests. Several of them over one ``Shared`` store are what several nodes have.
public final class SimulatedLog: ReplicatedLog {
    /// The store that all logs of a cluster share, and who waits for its next entry.
    public final class Shared: Sendable {
        fileprivate struct State {
            var store = LogStore()
            var followers: [UInt64: AsyncStream<Void>.Continuation] = [:]
            var nextFollower: UInt64 = 0
            var isUnreachable = false
        }

        fileprivate let state = Mutex(State())

        public init() {}

        /// From now on nothing reaches the store: reads fail, and writes wait.
        public var isUnreachable: Bool {
            get { state.withLock { $0.isUnreachable } }
            set {
                state.withLock { $0.isUnreachable = newValue }
                ring()
            }
        }

        fileprivate func ring() {
            let followers = state.withLock { Array($0.followers.values) }
            for follower in followers { follower.yield() }
        }

        fileprivate func bell() -> AsyncStream<Void> {
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let id = state.withLock { state in
                state.nextFollower += 1
                state.followers[state.nextFollower] = continuation
                return state.nextFollower
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { state in _ = state.followers.removeValue(forKey: id) }
            }
            return stream
        }
    }

    /// The log cannot be reached now.
    public struct Unreachable: Error {}

    /// The most bytes of one entry.
    public static let limit = 1 << 20

    private let shared: Shared

    public init(_ shared: Shared = Shared()) {
        self.shared = shared
    }

    /// Runs `body` with the store, and wakes those who follow.
    private func change<Value: Sendable>(_ body: (inout LogStore) -> Value) async throws(CancellationError) -> Value {
        let bell = shared.bell()
        var rings = bell.makeAsyncIterator()
        while true {
            let value = shared.state.withLock { $0.isUnreachable ? nil : body(&$0.store) }
            if let value {
                shared.ring()
                return value
            }
            guard await rings.next() != nil else { throw CancellationError() }
        }
    }

    private func read<Value: Sendable>(_ body: (LogStore) throws -> Value) throws -> Value {
        try shared.state.withLock { state in
            if state.isUnreachable { throw Unreachable() }
            return try body(state.store)
        }
    }

    public func epoch() async throws -> String? { try read { $0.epoch } }
    public func look() async throws -> LogSight { try read { $0.sight } }
    public func nodes() async throws -> [NodeReport] { try read { $0.nodes } }

    public func create(epoch: String, head: LogHead) async throws -> Bool {
        try await change { $0.create(epoch: epoch, head: head) }
    }

    public func takeOver(_ sight: LogSight, as claim: LeaderClaim) async throws(CancellationError) -> Term? {
        try await change { $0.takeOver(sight, as: claim) }
    }

    @discardableResult
    public func append(_ entry: LogEntry, after head: LogHead, term: Term) async throws(LogFailure) -> Int {
        let bytes = LogStore.bytes(of: entry)
        guard bytes <= Self.limit else { throw .tooLarge(bytes: bytes, limit: Self.limit) }
        let verdict: AppendVerdict
        do { verdict = try await change { $0.append(entry, after: head, term: term) } } catch { throw .cancelled }
        if case .failed(let failure) = verdict { throw failure }
        return bytes
    }

    public func entries(after index: UInt64, limit: Int, maxBytes: Int) async throws -> [LogEntry] {
        var bytes = 0
        var page: [LogEntry] = []
        for entry in try read({ try $0.read(after: index, limit: limit) }) {
            bytes += LogStore.bytes(of: entry)
            if !page.isEmpty, bytes > maxBytes { break }
            page.append(entry)
        }
        return page
    }

    public func stored(after index: UInt64, limit: Int) async throws -> [StoredEntry] {
        try read { $0.stored(after: index, limit: limit) }
    }

    public func follow(after index: UInt64) -> AsyncThrowingStream<LogEntry, any Error> {
        let bell = shared.bell()
        let position = Mutex(index)
        let pending = Mutex<[LogEntry]>([])
        let rings = Bell(bell)
        return AsyncThrowingStream {
            while true {
                if let next = pending.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                    position.withLock { $0 = next.index }
                    return next
                }
                let entries = try self.read { try $0.read(after: position.withLock { $0 }, limit: 100) }
                if entries.isEmpty {
                    guard await rings.next() else { return nil }
                } else {
                    pending.withLock { $0 = entries }
                }
            }
        }
    }

    /// The iterator of a stream, for the one task that follows.
    private actor Bell {
        private var iterator: AsyncStream<Void>.Iterator

        init(_ stream: AsyncStream<Void>) { iterator = stream.makeAsyncIterator() }

        func next() async -> Bool {
            var own = iterator
            defer { iterator = own }
            return await own.next(isolation: self) != nil
        }
    }

    public func beat(term: Term) async throws {
        if try await !change({ $0.beat(term: term) }) { throw LogFailure.fenced }
    }

    public func trim(before index: UInt64, term: Term) async throws {
        if try await !change({ $0.trim(before: index, term: term) }) { throw LogFailure.fenced }
    }

    public func register(_ report: NodeReport) async throws { try await change { $0.register(report) } }
    public func remove(node: String) async throws { try await change { $0.remove(node: node) } }
}
