import Synchronization
import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@Suite("What a node keeps of the log, and what it cannot read of it", .timeLimit(.minutes(2)))
struct KeepingTests {
    private let soon = LogTrimming.Limits(period: .milliseconds(30), age: .milliseconds(100), bytes: 1 << 20)

    @Test("a leader deletes what all nodes have on their disk, a node that takes over goes on with it, and nobody misses anything")
    func trims() async throws {
        let cluster = try await Cluster()
        let journals = try ["a", "b"].map { _ in try Cluster.base() }
        let nodes = try zip(["a", "b"], journals).map { try cluster.node($0, over: $1, trimming: soon) }
        let log = SimulatedLog(cluster.shared)
        // So that the first does not delete what the second needs, should that begin late.
        try await log.register(NodeReport(node: "b", address: "b", version: "1", applied: 0, flushed: 0, beat: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await nodes[0].run() }
            defer { group.cancelAll() }
            try await eventually("the node leads") { nodes[0].isLeading }
            group.addTask { try await nodes[1].run() }
            for number in 1...20 { #expect(await nodes[number % 2].gateway.submit(add(number)).receipt != nil) }
            try await eventually("what both have is gone") { try await log.stored(after: 0, limit: 9).isEmpty }
            #expect(try await log.nodes().map(\.flushed) == nodes.map(\.status.applied))
            await nodes[0].stop()
            try await eventually("the other node leads") { nodes[1].isLeading }
            try await log.remove(node: "a")
            for number in 21...30 { #expect(await nodes[1].gateway.submit(add(number)).receipt?.status == .applied) }
            try await eventually("the new leader deletes too") { try await log.stored(after: 0, limit: 9).isEmpty }
            await nodes[1].stop()
            try await group.waitForAll()
        }
        #expect(try journals[1].load().variants.values.map(\.stock) == [(1...30).reduce(0, +)])
    }

    @Test("what a node cannot flush stays in the log, until it can")
    func unflushed() async throws {
        let cluster = try await Cluster()
        let broken = Mutex(true)
        let journal = ForwardingJournal(
            try Cluster.base(),
            flushing: { journal in
                if broken.withLock({ $0 }) { throw JournalError(.storage, "the disk fails") }
                return try await journal.flush()
            })
        let nodes = [
            try cluster.node("a", over: try Cluster.base(), trimming: soon), try cluster.node("b", over: journal, trimming: soon),
        ]
        let log = SimulatedLog(cluster.shared)
        @Sendable func reports() async throws -> UInt64 { try await log.nodes().map(\.beat).min() ?? 0 }
        try await running(nodes) {
            for number in 1...5 { #expect(await nodes[0].gateway.submit(add(number)).receipt != nil) }
            try await eventually("both have applied and reported it") {
                try await log.nodes().allSatisfy { $0.applied >= 5 }
            }
            let before = try await reports()
            try await eventually("both have reported many times since") { try await reports() > before + 10 }
            #expect(try await log.stored(after: 0, limit: 1).first?.index == 1, "b has nothing on its disk")
            broken.withLock { $0 = false }
            try await eventually("b has it on its disk, and it is gone") { try await log.stored(after: 0, limit: 1).isEmpty }
        }
    }

    @Test("beyond its bytes the log drops what a node still needs, and that node is told to copy")
    func bytes() async throws {
        let cluster = try await Cluster()
        let limits = LogTrimming.Limits(period: .milliseconds(30), age: .seconds(600), bytes: 2_000)
        let late = try cluster.node("b", over: try Cluster.base(), trimming: limits)
        let log = SimulatedLog(cluster.shared)
        try await log.register(NodeReport(node: "b", address: "b", version: "1", applied: 0, flushed: 0, beat: 1))
        let node = try cluster.node("a", over: try Cluster.base(), trimming: limits)
        try await running([node]) {
            for number in 1...20 { #expect(await node.gateway.submit(add(number)).receipt != nil) }
            try await eventually("the log is as short as it may be") {
                try await log.stored(after: 0, limit: 99).reduce(0) { $0 + $1.bytes } <= limits.bytes
            }
            #expect(try await !log.stored(after: 0, limit: 99).isEmpty, "what fits is kept, since b needs it")
            let halt = try await halt(late)
            #expect(halt?.needsCopy == true, "\(String(describing: halt))")
        }
    }

    @Test("a node halts at an event that it does not know, and says to upgrade")
    func unknownEvent() async throws {
        let cluster = try await Cluster()
        let log = SimulatedLog(cluster.shared)
        let base = try Cluster.base()
        var script = LogScript(head: try await log.look().head)
        try await script.takeOver(log, as: "newer")
        let json =
            #"{"type":"stock_teleported","seq":\#(base.allEvents.count + 1),"timestamp":"2026-11-30T12:00:00.000Z","data":{}}"#
        let batch = LogBatch(events: [LogEvent(json: Array(json.utf8))], timestamp: Timestamp(milliseconds: 1_795_365_600_000))
        try await log.append(script.next(.batch(batch)), after: script.head, term: script.currentTerm)
        let halt = try await halt(try cluster.node("a", over: base))
        let reason =
            "entry 1 cannot be applied: event \(base.allEvents.count + 1) is of the type “stock_teleported”, which this program does not know: upgrade this node"
        #expect(halt?.reason == reason && halt?.needsCopy == false, "\(String(describing: halt))")
        #expect(try base.applied() == 0)
    }

    @Test("a node halts at an entry of a newer format, and at one that is damaged")
    func unreadable() async throws {
        let cluster = try await Cluster()
        var newer = EarlierEntry.bytes
        newer[4] = 2
        // Something that the node does not have, so that it reads.
        var script = LogScript(head: try await SimulatedLog(cluster.shared).look().head)
        try await script.takeOver(SimulatedLog(cluster.shared), as: "newer")
        try await script.append(to: SimulatedLog(cluster.shared))
        for (bytes, words) in [(newer, "upgrade this node"), (Array(EarlierEntry.bytes.dropLast(9)), "is damaged")] {
            let log = UnreadableLog(wrapped: SimulatedLog(cluster.shared), bytes: bytes)
            let halt = try await halt(try cluster.node("a", over: try Cluster.base(), log: log))
            #expect(
                halt?.reason.contains("the entry 12") == true && halt?.reason.contains(words) == true, "\(String(describing: halt))"
            )
        }
    }

    /// Why the node halts, once it has.
    private func halt(_ node: ClusterNode) async throws -> ClusterNode.Halt? {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // A node that goes on instead is ended.
                try await Task.sleep(for: .seconds(20))
                await node.stop()
            }
            group.addTask { try await node.run() }
            defer { group.cancelAll() }
            do { try await group.next() } catch let halt as ClusterNode.Halt { return halt }
            return nil
        }
    }
}

/// A log of which nobody can read an entry.
private struct UnreadableLog: ReplicatedLog {
    let wrapped: SimulatedLog
    let bytes: [UInt8]

    func entries(after index: UInt64, limit: Int, maxBytes: Int) async throws -> [LogEntry] {
        [try LogEntryCodec().decode(bytes, at: 12)]
    }
    func epoch() async throws -> String? { try await wrapped.epoch() }
    func create(epoch: String, head: LogHead) async throws -> Bool { try await wrapped.create(epoch: epoch, head: head) }
    func look() async throws -> LogSight { try await wrapped.look() }
    func takeOver(_ sight: LogSight, as claim: LeaderClaim) async throws(CancellationError) -> Term? {
        try await wrapped.takeOver(sight, as: claim)
    }
    func append(_ entry: LogEntry, after head: LogHead, term: Term) async throws(LogFailure) -> Int {
        try await wrapped.append(entry, after: head, term: term)
    }
    func follow(after index: UInt64) -> AsyncThrowingStream<LogEntry, any Error> { wrapped.follow(after: index) }
    func beat(term: Term) async throws { try await wrapped.beat(term: term) }
    func stored(after index: UInt64, limit: Int) async throws -> [StoredEntry] {
        try await wrapped.stored(after: index, limit: limit)
    }
    func trim(before index: UInt64, term: Term) async throws { try await wrapped.trim(before: index, term: term) }
    func register(_ report: NodeReport) async throws { try await wrapped.register(report) }
    func nodes() async throws -> [NodeReport] { try await wrapped.nodes() }
    func remove(node: String) async throws { try await wrapped.remove(node: node) }
}
