import TallywireCluster
import TallywireCore

/// Makes entries as a leader does, for tests of a ``/TallywireCluster/ReplicatedLog``.
public struct LogScript: Sendable {
    /// The end of the log, as this leader knows it.
    public var head: LogHead
    /// The leader's term; `nil` before a takeover.
    public var term: Term?
    private var count = 0

    public init(head: LogHead = LogHead(), term: Term? = nil) {
        self.head = head
        self.term = term
    }

    /// Makes a cluster of an empty log, and `node` its leader.
    public static func begin(on log: any ReplicatedLog, as node: String = "a") async throws -> LogScript {
        guard try await log.create(epoch: "conformance", head: LogHead()) else {
            throw ConformanceFailure("not so: the log is new")
        }
        var script = LogScript()
        try await script.takeOver(log, as: node)
        return script
    }

    /// Makes `node` the leader. Its entries go on where the log ends.
    public mutating func takeOver(_ log: any ReplicatedLog, as node: String) async throws {
        let sight = try await log.look()
        guard let term = try await log.takeOver(sight, as: Self.claim(node)) else {
            throw ConformanceFailure("not so: \(node) takes over, since nothing has changed")
        }
        (self.term, head) = (term, sight.head)
    }

    public static func claim(_ node: String) -> LeaderClaim {
        LeaderClaim(node: node, address: "https://\(node):8443", id: "start of \(node)")
    }

    public var currentTerm: Term {
        get throws {
            guard let term else { throw ConformanceFailure("not so: somebody has taken over") }
            return term
        }
    }

    /// An entry that follows the head, with an id of its own. The head stays.
    public mutating func next(_ content: LogEntry.Content? = nil) -> LogEntry {
        count += 1
        return LogEntry(
            index: head.index + 1, term: term ?? Term(0), node: "a", id: "append-\(count)-\(head.index)-\(term?.number ?? 0)",
            lastSeq: head.seq + 1, content: content ?? .batch(Self.batch(bytes: 100)))
    }

    /// Appends an entry with so many bytes that do not compress, and returns it.
    @discardableResult
    public mutating func append(to log: any ReplicatedLog, bytes: Int = 100) async throws -> LogEntry {
        let entry = next(.batch(Self.batch(bytes: bytes)))
        try await log.append(entry, after: head, term: currentTerm)
        head = head.following(entry)
        return entry
    }

    /// A batch of one event with so many random bytes.
    public static func batch(bytes: Int) -> LogBatch {
        var random = SystemRandomNumberGenerator()
        var noise: [UInt8] = []
        while noise.count < bytes { withUnsafeBytes(of: random.next()) { noise += $0 } }
        return LogBatch(
            events: [LogEvent(json: Array(noise.prefix(bytes)))], positions: ["out": 1],
            timestamp: Timestamp(milliseconds: 1_795_365_600_000))
    }
}

/// Reads what ``/TallywireCluster/ReplicatedLog/follow(after:)`` gives, and checks that nothing is missing. An entry may come twice.
public struct LogFollower {
    private var iterator: AsyncThrowingStream<LogEntry, any Error>.Iterator
    private var index: UInt64
    /// How many entries it got, each counted once.
    public private(set) var count = 0
    public private(set) var last: LogEntry?

    public init(_ stream: AsyncThrowingStream<LogEntry, any Error>, after index: UInt64) {
        iterator = stream.makeAsyncIterator()
        self.index = index
    }

    /// Waits for the entry `index`.
    public mutating func reach(_ index: UInt64) async throws {
        while self.index < index {
            guard let entry = try await iterator.next() else {
                throw ConformanceFailure("not so: a follower gets the entry \(index)")
            }
            guard entry.index <= self.index + 1 else {
                throw ConformanceFailure("not so: a follower gets \(self.index + 1) before \(entry.index)")
            }
            guard entry.index > self.index else { continue }
            (self.index, last, count) = (entry.index, entry, count + 1)
        }
    }
}
