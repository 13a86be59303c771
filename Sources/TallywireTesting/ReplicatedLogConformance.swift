import TallywireCluster
import TallywireCore

/// The duties of every ``/TallywireCluster/ReplicatedLog``. Run each check on a new, empty store.
///
/// ```swift
/// @Test(arguments: ReplicatedLogConformance.checks)
/// func conformance(check: ReplicatedLogConformance) async throws {
///     let site = UUID().uuidString
///     try await check.run(.init(make: { MyLog(site) }, refusedBytes: 2_000_000))
/// }
/// ```
public struct ReplicatedLogConformance: Sendable, CustomStringConvertible {
    /// A store, new and empty.
    public struct Subject: Sendable {
        /// Makes a log over the store. Called again for a second node.
        public var make: @Sendable () async throws -> any ReplicatedLog
        /// So many bytes that do not compress are too large for an entry; `nil` if the store takes any.
        public var refusedBytes: Int?

        public init(make: @escaping @Sendable () async throws -> any ReplicatedLog, refusedBytes: Int?) {
            self.make = make
            self.refusedBytes = refusedBytes
        }
    }

    /// The duty, as a sentence.
    public let description: String
    private let body: @Sendable (Subject) async throws -> Void

    /// Throws ``ConformanceFailure`` if the log does not fulfil the duty.
    public func run(_ subject: Subject) async throws { try await body(subject) }

    /// All duties.
    public static let checks = creating + leading + writing + reading + following + reporting

    private init(_ description: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
        self.description = description
        self.body = body
    }

    /// A duty of a log with a cluster that continues after entry 0, in which the node `a` leads.
    private init(
        leading description: String, _ body: @escaping @Sendable (any ReplicatedLog, inout LogScript) async throws -> Void
    ) {
        self.init(description) { subject in
            let log = try await subject.make()
            var script = try await LogScript.begin(on: log)
            try await body(log, &script)
        }
    }

    private static let creating: [ReplicatedLogConformance] = [
        ReplicatedLogConformance("an empty log belongs to no cluster and has neither a leader, nor entries, nor nodes") { subject in
            let log = try await subject.make()
            try require(try await log.epoch() == nil, "there is no epoch")
            let sight = try await log.look()
            try require(sight.leader == nil && sight.head == LogHead(), "there is no leader and no entry")
            try require(try await log.entries(after: 0, limit: 10, maxBytes: 1_000).isEmpty, "no entries are read")
            try require(try await log.nodes().isEmpty, "there are no nodes")
        },
        ReplicatedLogConformance("a cluster is created once, and its entries continue where it was told") { subject in
            let log = try await subject.make()
            try require(try await log.create(epoch: "e-1", head: LogHead(index: 100, seq: 7_000)), "the first is created")
            try require(!(try await log.create(epoch: "e-2", head: LogHead())), "the second is not")
            try require(!(try await log.create(epoch: "e-1", head: LogHead())), "nor is the first again")
            try require(try await log.epoch() == "e-1", "the epoch is the first one's")
            let sight = try await log.look()
            try require(sight.head == LogHead(index: 100, seq: 7_000), "so is the head")
            var script = LogScript(head: sight.head)
            script.term = try await log.takeOver(sight, as: LogScript.claim("a"))
            try await script.append(to: log)
            try require(try await log.entries(after: 100, limit: 10, maxBytes: 1_000).map(\.index) == [101], "101 follows")
            try await requireFailure(.trimmed, "reading what was before") {
                _ = try await log.entries(after: 99, limit: 1, maxBytes: 1)
            }
        },
        ReplicatedLogConformance("of several that create a cluster at once, one does") { subject in
            let logs = try await several(subject)
            let created = try await withThrowingTaskGroup(of: String?.self) { group in
                for (number, log) in logs.enumerated() {
                    let epoch = "e-\(number)"
                    group.addTask { try await log.create(epoch: epoch, head: LogHead(index: UInt64(number))) ? epoch : nil }
                }
                return try await group.reduce(into: [String]()) { if let epoch = $1 { $0.append(epoch) } }
            }
            try require(created.count == 1, "one is created, not \(created)")
            try require(try await logs[0].epoch() == created[0], "the epoch is that one's")
        },
    ]

    private static let leading: [ReplicatedLogConformance] = [
        ReplicatedLogConformance(leading: "who takes over leads, in a higher term each time") { log, script in
            let first = try await log.look()
            try require(first.leader == .init(claim: LogScript.claim("a"), term: try script.currentTerm), "a leads")
            let term = try await log.takeOver(first, as: LogScript.claim("b"))
            let second = try await log.look()
            try require(second.leader?.claim == LogScript.claim("b") && second.leader?.term == term, "then b does")
            try require(try script.currentTerm < second.leader!.term, "in a higher term")
            try require(first.pulse < second.pulse, "a takeover is a sign of life")
            // The same node, started again.
            let again = LeaderClaim(node: "b", address: LogScript.claim("b").address, id: "another start")
            try require(try await log.takeOver(second, as: again) != nil, "a node can take over from itself")
            try require(try await log.look().leader?.claim == again, "as another leader")
        },
        ReplicatedLogConformance(leading: "nobody takes over who has not seen the last takeover, entry or beat") { log, script in
            let sights = [try await log.look()]
            try await script.append(to: log)
            try require(try await log.takeOver(sights[0], as: LogScript.claim("b")) == nil, "not after an entry")
            let second = try await log.look()
            try await log.beat(term: script.currentTerm)
            try require(try await log.takeOver(second, as: LogScript.claim("b")) == nil, "not after a beat")
            let third = try await log.look()
            try require(try await log.takeOver(third, as: LogScript.claim("b")) != nil, "but when nothing has changed")
            try require(try await log.takeOver(third, as: LogScript.claim("c")) == nil, "not after a takeover")
            try require(try await log.look().leader?.claim.node == "b", "so b leads")
        },
        ReplicatedLogConformance("of several that take over at once, one does") { subject in
            let logs = try await several(subject)
            _ = try await LogScript.begin(on: logs[0])
            for round in 1...5 {
                let sight = try await logs[0].look()
                let winners = try await withThrowingTaskGroup(of: LogSight.Leader?.self) { group in
                    for (number, log) in logs.enumerated() {
                        let claim = LogScript.claim("n-\(number)-\(round)")
                        group.addTask { try await log.takeOver(sight, as: claim).map { .init(claim: claim, term: $0) } }
                    }
                    return try await group.reduce(into: [LogSight.Leader]()) { if let leader = $1 { $0.append(leader) } }
                }
                try require(winners.count == 1, "one takes over, not \(winners)")
                try require(try await logs[1].look().leader == winners[0], "and leads")
            }
        },
        ReplicatedLogConformance(leading: "of an append and a takeover at once, one succeeds") { log, script in
            for round in 1...10 {
                let sight = try await log.look()
                let (entry, head, term) = (script.next(), script.head, try script.currentTerm)
                async let taken = log.takeOver(sight, as: LogScript.claim("n-\(round)"))
                let failure = await thrown { try await log.append(entry, after: head, term: term) }
                let newTerm = try await taken
                try require((newTerm == nil) == (failure == nil), "not both, and not none")
                try require(failure == nil || failure as? LogFailure == .fenced, "an entry after a takeover is fenced: \(failure!)")
                if let newTerm { script.term = newTerm } else { script.head = script.head.following(entry) }
                try require(try await log.look().head == script.head, "the log ends as told")
            }
        },
        ReplicatedLogConformance(leading: "a beat changes the pulse, and only that of the leader") { log, script in
            let before = try await log.look()
            try await log.beat(term: script.currentTerm)
            let after = try await log.look()
            try require(after.pulse > before.pulse, "the pulse grows")
            try require(after.leader == before.leader && after.head == before.head, "nothing else changes")
            try require(try await log.takeOver(after, as: LogScript.claim("b")) != nil, "b leads")
            let silent = try await log.look()
            try await requireFailure(.fenced, "a beat of an earlier leader") { try await log.beat(term: script.currentTerm) }
            try require(try await log.look() == silent, "it changes nothing")
        },
    ]

    private static let writing: [ReplicatedLogConformance] = [
        ReplicatedLogConformance(leading: "entries of every kind are read back as they were written, in order") { log, script in
            var entries: [LogEntry] = []
            for content: LogEntry.Content in [.began(version: "1.2.3"), .batch(LogScript.batch(bytes: 2_000)), .ended] {
                let entry = script.next(content)
                try await log.append(entry, after: script.head, term: script.currentTerm)
                script.head = script.head.following(entry)
                entries.append(entry)
                try require(try await log.look().head == script.head, "the head is that of the entry")
            }
            try require(try await log.entries(after: 0, limit: 10, maxBytes: 1 << 20) == entries, "the entries are the same")
        },
        ReplicatedLogConformance(leading: "an entry of an earlier leader is refused for good, and its place is free") {
            log, script in
            try await script.append(to: log)
            let late = script.next()
            let (head, term) = (script.head, try script.currentTerm)
            try await script.takeOver(log, as: "b")
            try await requireFailure(.fenced, "an append of an earlier term") {
                try await log.append(late, after: head, term: term)
            }
            try require(try await log.look().head == head, "nothing is written")
            try await script.append(to: log)
            try await requireFailure(.fenced, "an append to a place that is taken") {
                try await log.append(late, after: head, term: term)
            }
            let ids = try await log.entries(after: 0, limit: 10, maxBytes: 1 << 20).map(\.id)
            try require(ids.count == 2 && !ids.contains(late.id), "only the others are there: \(ids)")
        },
        ReplicatedLogConformance(
            leading: "the same entry again is the entry that was written, also after others, and after a takeover"
        ) {
            log, script in
            let (head, term) = (script.head, try script.currentTerm)
            let first = try await script.append(to: log)
            try await log.append(first, after: head, term: term)
            try await script.append(to: log)
            try await log.append(first, after: head, term: term)
            try await script.takeOver(log, as: "b")
            try await log.append(first, after: head, term: term)
            try require(try await log.entries(after: 0, limit: 10, maxBytes: 1 << 20).map(\.index) == [1, 2], "it is there once")
        },
        ReplicatedLogConformance(leading: "an entry that does not follow the end of the log is refused") { log, script in
            try await script.append(to: log)
            let head = script.head
            for wrong in [LogHead(index: 7, seq: head.seq), LogHead(index: head.index, seq: head.seq + 1), LogHead()] {
                script.head = wrong
                let entry = script.next()
                let failure = await thrown { try await log.append(entry, after: wrong, term: script.currentTerm) }
                try require(failure is LogFailure, "after \(wrong) nothing is written: \(String(describing: failure))")
                try require(try await log.look().head == head, "and the log ends where it did")
            }
        },
        ReplicatedLogConformance("an entry that is too large is refused, and its place is free") { subject in
            guard let bytes = subject.refusedBytes else { return }
            let log = try await subject.make()
            var script = try await LogScript.begin(on: log)
            let entry = script.next(.batch(LogScript.batch(bytes: bytes)))
            let failure = await thrown { try await log.append(entry, after: script.head, term: script.currentTerm) }
            guard case .tooLarge(let size, let limit) = failure as? LogFailure else {
                throw ConformanceFailure("an entry of \(bytes) bytes has to be too large, and not: \(String(describing: failure))")
            }
            try require(size > limit, "its size is beyond the limit: \(size), \(limit)")
            try await script.append(to: log)
            try require(try await log.entries(after: 0, limit: 10, maxBytes: 1 << 20).count == 1, "the next one is written")
        },
    ]

    private static let reading: [ReplicatedLogConformance] = [
        ReplicatedLogConformance(leading: "reading heeds position, number and bytes") { log, script in
            for _ in 0..<40 { try await script.append(to: log, bytes: 3_000) }
            func read(after index: UInt64, _ limit: Int, _ maxBytes: Int = 1 << 20) async throws -> [UInt64] {
                try await log.entries(after: index, limit: limit, maxBytes: maxBytes).map(\.index)
            }
            try require(try await read(after: 0, 1_000) == Array(1...40), "all are read")
            try require(try await read(after: 3, 2) == [4, 5], "two after 3 are 4 and 5")
            try require(try await read(after: 38, 10) == [39, 40], "the last are fewer")
            try require(try await read(after: 40, 10).isEmpty, "none follows the last")
            try require(try await read(after: 41, 10).isEmpty, "nor does one follow what is not there yet")
            try require(try await read(after: 5, 1_000, 1) == [6], "one at least")
            let some = try await read(after: 5, 1_000, 30_000)
            try require(some.first == 6 && (2...10).contains(some.count), "no more than the bytes allow: \(some)")
        },
        ReplicatedLogConformance("a second node reads what was acknowledged before it began to read") { subject in
            let (log, other) = (try await subject.make(), try await subject.make())
            var script = try await LogScript.begin(on: log)
            try require(try await other.epoch() == "conformance", "the epoch")
            for _ in 0..<20 {
                let entry = try await script.append(to: log)
                try require(try await other.look() == log.look(), "the same sight")
                try require(try await other.look().head == script.head, "the new head")
                try require(try await other.entries(after: entry.index - 1, limit: 9, maxBytes: 9_999) == [entry], "the new entry")
            }
        },
        ReplicatedLogConformance(leading: "it tells which entries it keeps, and the bytes that each append said") { log, script in
            var expected: [StoredEntry] = []
            for bytes in [100, 20_000, 100, 3_000, 100] {
                let entry = script.next(.batch(LogScript.batch(bytes: bytes)))
                let stored = try await log.append(entry, after: script.head, term: script.currentTerm)
                try require((bytes...bytes + 1_000).contains(stored), "\(bytes) random bytes are stored as \(stored)")
                script.head = script.head.following(entry)
                expected.append(StoredEntry(index: entry.index, bytes: stored))
                let again = try await log.append(
                    entry, after: LogHead(index: entry.index - 1, seq: entry.lastSeq - 1), term: script.currentTerm)
                try require(again == stored, "the same entry again is stored as the same")
            }
            func all(after index: UInt64, _ limit: Int) async throws -> [StoredEntry] {
                var (all, index) = ([StoredEntry](), index)
                while case let page = try await log.stored(after: index, limit: limit), let last = page.last {
                    try require(page.count <= limit, "no more than \(limit)")
                    all += page
                    index = last.index
                }
                return all
            }
            for limit in [1, 2, 1_000] { try require(try await all(after: 0, limit) == expected, "all are told, \(limit) at most") }
            try require(try await all(after: 3, 10) == Array(expected[3...]), "those after 3")
            try await log.trim(before: 3, term: script.currentTerm)
            for limit in [1, 10] {
                try require(try await all(after: 0, limit) == Array(expected[2...]), "it begins with the first that is kept")
            }
            try await log.trim(before: 6, term: script.currentTerm)
            try require(try await all(after: 0, 10).isEmpty, "nothing is kept")
        },
        ReplicatedLogConformance(leading: "what was trimmed is gone, and what follows is kept") { log, script in
            for _ in 0..<6 { try await script.append(to: log) }
            try await log.trim(before: 4, term: script.currentTerm)
            for index in [UInt64(0), 2] {
                try await requireFailure(.trimmed, "reading after \(index)") {
                    _ = try await log.entries(after: index, limit: 10, maxBytes: 1 << 20)
                }
            }
            try require(try await log.entries(after: 3, limit: 10, maxBytes: 1 << 20).map(\.index) == [4, 5, 6], "4 is the first")
            try await log.trim(before: 2, term: script.currentTerm)
            try await log.trim(before: 7, term: script.currentTerm)
            try require(try await log.entries(after: 6, limit: 10, maxBytes: 1 << 20).isEmpty, "all can be trimmed")
            try await script.append(to: log)
            try require(try await log.entries(after: 6, limit: 10, maxBytes: 1 << 20).map(\.index) == [7], "the count goes on")
        },
        ReplicatedLogConformance(leading: "only the leader trims") { log, script in
            for _ in 0..<3 { try await script.append(to: log) }
            let term = try script.currentTerm
            try await script.takeOver(log, as: "b")
            try await requireFailure(.fenced, "a trim of an earlier term") { try await log.trim(before: 3, term: term) }
            try require(try await log.entries(after: 0, limit: 10, maxBytes: 1 << 20).count == 3, "nothing is deleted")
        },
        ReplicatedLogConformance(leading: "a copy of an entry that was trimmed since is not written again") { log, script in
            let (head, term) = (script.head, try script.currentTerm)
            let first = try await script.append(to: log)
            try await script.append(to: log)
            try await log.trim(before: 3, term: term)
            try await log.append(first, after: head, term: term)
            try await script.takeOver(log, as: "b")
            try await requireFailure(.unknown, "a copy after a takeover") { try await log.append(first, after: head, term: term) }
            try require(try await log.entries(after: 2, limit: 10, maxBytes: 1 << 20).isEmpty, "nothing was written")
        },
    ]

    private static let following: [ReplicatedLogConformance] = [
        ReplicatedLogConformance("a follower gets the entries after its own, and those that come, in order") { subject in
            let (log, other) = (try await subject.make(), try await subject.make())
            var script = try await LogScript.begin(on: log)
            for _ in 0..<10 { try await script.append(to: log) }
            var followers = [
                LogFollower(other.follow(after: 0), after: 0), LogFollower(other.follow(after: 6), after: 6),
                LogFollower(log.follow(after: 10), after: 10),
            ]
            for index in followers.indices { try await followers[index].reach(10) }
            for last in UInt64(11)...30 {
                let entry = try await script.append(to: log)
                for index in followers.indices {
                    try await followers[index].reach(last)
                    try require(followers[index].last == entry, "a follower gets the entry that was written")
                }
            }
            try require(followers.map(\.count) == [30, 24, 20], "each gets all of its own")
        },
        ReplicatedLogConformance(leading: "who follows what was trimmed is told") { log, script in
            for _ in 0..<3 { try await script.append(to: log) }
            try await log.trim(before: 3, term: script.currentTerm)
            try await requireFailure(.trimmed, "following from before") { for try await _ in log.follow(after: 1) {} }
            var follower = LogFollower(log.follow(after: 2), after: 2)
            try await follower.reach(3)
        },
        ReplicatedLogConformance(leading: "a follower that has come so far does not suffer from a trim") { log, script in
            try await script.append(to: log)
            var follower = LogFollower(log.follow(after: 0), after: 0)
            try await follower.reach(1)
            try await script.append(to: log)
            try await follower.reach(2)
            try await log.trim(before: 3, term: script.currentTerm)
            try await script.append(to: log)
            try await follower.reach(3)
        },
        ReplicatedLogConformance(leading: "a follower ends with its task") { log, script in
            try await script.append(to: log)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (began, note) = AsyncStream.makeStream(of: UInt64.self)
                // Whether it ends with an error or without one, it ends.
                group.addTask { _ = await thrown { for try await entry in log.follow(after: 0) { note.yield(entry.index) } } }
                for await _ in began { break }
                group.cancelAll()
                try await group.waitForAll()
            }
        },
    ]

    private static let reporting: [ReplicatedLogConformance] = [
        ReplicatedLogConformance("what nodes say of themselves is kept by name, until they are removed") { subject in
            let (log, other) = (try await subject.make(), try await subject.make())
            func report(_ node: String, applied: UInt64, beat: UInt64 = 1) -> NodeReport {
                NodeReport(
                    node: node, address: "https://\(node):8443/?a=“b”", version: "1.2.3", format: 9, applied: applied,
                    flushed: applied / 2, beat: beat)
            }
            for (node, applied) in [("c", UInt64(3)), ("a", 1), ("b", .max)] {
                try await log.register(report(node, applied: applied))
            }
            try await log.register(report("a", applied: 2, beat: 2))
            let expected = [report("a", applied: 2, beat: 2), report("b", applied: .max), report("c", applied: 3)]
            try require(try await other.nodes() == expected, "the last of each, by name")
            try await other.remove(node: "b")
            try await other.remove(node: "x")
            try require(try await log.nodes() == [expected[0], expected[2]], "one is forgotten")
        }
    ]

    /// Four logs over one store.
    private static func several(_ subject: Subject) async throws -> [any ReplicatedLog] {
        var logs: [any ReplicatedLog] = []
        for _ in 0..<4 { logs.append(try await subject.make()) }
        return logs
    }
}

private func require(_ condition: Bool, _ duty: @autoclosure () -> String) throws {
    if !condition { throw ConformanceFailure("not so: \(duty())") }
}

/// What `body` throws.
private func thrown(by body: () async throws -> Void) async -> (any Error)? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

private func requireFailure(_ wanted: LogFailure, _ what: String, _ body: () async throws -> Void) async throws {
    let error = await thrown(by: body)
    guard error as? LogFailure == wanted else {
        throw ConformanceFailure("\(what) has to throw \(wanted), and not: \(String(describing: error))")
    }
}
