import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@Suite("A node of a cluster, running")
struct ClusterNodeTests {
    @Test("one node leads, all have the same bytes, and whoever takes a command gives its answer when it can be read there")
    func commands() async throws {
        let cluster = try await Cluster()
        let journals = try ["a", "b", "c"].map { _ in try Cluster.base() }
        let nodes = try zip(["a", "b", "c"], journals).map { try cluster.node($0, over: $1) }
        try await running(nodes) {
            for number in 1...60 {
                let node = nodes[number % 3]
                let outcome = await node.gateway.submit(add(number))
                let receipt = try #require(outcome.receipt, "\(outcome)")
                #expect(receipt.status == .applied)
                #expect(node.feed.head >= receipt.seq ?? 0, "its own node does not have it yet")
                if number % 10 == 0 { cluster.connections.cut() }
            }
            #expect(await nodes[1].gateway.submit(add(7)).receipt?.status == .duplicate)
            try await eventually("all nodes have the same entries") { Set(nodes.map(\.status.applied)).count == 1 }
        }
        #expect(nodes.filter { if case .stopped = $0.status.role { true } else { false } }.count == 3)
        try same(journals, stock: (1...60).reduce(0, +))
    }

    @Test("when the leader's process is gone, another node leads, and what it had acknowledged is there")
    func takeover() async throws {
        let cluster = try await Cluster()
        let journals = try ["a", "b", "c"].map { _ in try Cluster.base() }
        let nodes = try zip(["a", "b", "c"], journals).map { try cluster.node($0, over: $1) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await nodes[0].run() }
            try await eventually("the node leads") { nodes[0].isLeading }
            for number in 1...20 { #expect(await nodes[0].gateway.submit(add(number)).receipt != nil) }
            for node in nodes.dropFirst() { group.addTask { try await node.run() } }
            try await eventually("all nodes have the same entries") {
                nodes.dropFirst().allSatisfy { $0.status.applied == nodes[0].status.applied }
            }
            // As a process that is killed: no order, no word in the log.
            await nodes[0].abandon()
            cluster.connections.cut()
            for number in 21...40 { #expect(await nodes[1].gateway.submit(add(number)).receipt?.status == .applied) }
            try await eventually("all nodes have the same entries") { nodes[1].status.applied == nodes[2].status.applied }
            for node in nodes.dropFirst() { await node.stop() }
            try await group.waitForAll()
        }
        try same(Array(journals.dropFirst()), stock: (1...40).reduce(0, +))
    }

    @Test("a leader that stops in order decides what waits, and nobody waits for its silence")
    func orderlyStop() async throws {
        let cluster = try await Cluster()
        let nodes = try ["a", "b"].map { try cluster.node($0, over: try Cluster.base()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { try await node.run() } }
            try await eventually("a node leads") { nodes.contains { $0.isLeading } }
            let leader = try #require(nodes.first { $0.isLeading })
            let other = try #require(nodes.first { !$0.isLeading })
            await leader.stop()
            #expect(await other.gateway.submit(add(1)).receipt?.status == .applied)
            #expect(other.isLeading)
            await other.stop()
            try await group.waitForAll()
        }
        let entries = try await SimulatedLog(cluster.shared).entries(after: 0, limit: 100, maxBytes: .max)
        #expect(entries.filter { $0.content == .ended }.count == 2)
    }

    @Test("a node that cannot store what is in the log ends, and does not answer what it cannot know")
    func brokenJournal() async throws {
        let cluster = try await Cluster()
        let journal = ForwardingJournal(
            try Cluster.base(),
            appending: { batch, journal in
                guard batch.events.isEmpty else { throw JournalError(.storage, "the disk is full") }
                try journal.append(batch)
            })
        let node = try cluster.node("a", over: journal)
        async let run: Void = node.run()
        try await eventually("the node leads") { node.isLeading }
        let outcome = await node.gateway.submit(add(1))
        #expect(outcome.rejection?.code == .unknown, "\(outcome)")
        do {
            try await run
            Issue.record("a node that lost its journal has to end with an error")
        } catch let halt as ClusterNode.Halt {
            #expect(halt.reason.contains("the disk is full"))
        }
    }

    @Test("positions of the cluster ride in entries, and every node has them")
    func positions() async throws {
        let cluster = try await Cluster()
        let journals = try ["a", "b"].map { _ in try Cluster.base() }
        let nodes = try zip(["a", "b"], journals).map { try cluster.node($0, over: $1) }
        try await running(nodes) {
            try await eventually("a node leads") { nodes.contains { $0.isLeading } }
            let leader = try #require(nodes.first { $0.isLeading })
            var roles = leader.leaderships.makeAsyncIterator()
            let shared = try #require(await roles.next() ?? nil).journal
            try await shared.storeCursor(3, of: "displays")
            #expect(try await shared.cursor(of: "displays") == 3)
            // Without a command that takes it along, it has an entry of its own.
            try await eventually("both have the position") {
                for journal in journals where try await journal.cursor(of: "displays") != 3 { return false }
                return true
            }
        }
    }

    @Test("a node that is cancelled while it leads ends, although no command comes any more")
    func cancelled() async throws {
        let cluster = try await Cluster()
        let node = try cluster.node("a", over: Cluster.base())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await node.run() }
            while !node.isLeading { await Task.yield() }
            group.cancelAll()
        }
        #expect(await node.gateway.submit(add(1)).rejection?.code == .unavailable)
    }

    @Test("what is handed in to a role is never handed on to another leader")
    func roleEnds() async throws {
        let cluster = try await Cluster()
        let journal = try Cluster.base()
        let node = try cluster.node("a", over: journal)
        try await running([node]) {
            try await eventually("the node leads") { node.isLeading }
            var roles = node.leaderships.makeAsyncIterator()
            let first = try #require(await roles.next() ?? nil)
            let log = SimulatedLog(cluster.shared)
            // Somebody takes over and says nothing, so that the node leads again in a later term.
            try await eventually("another node takes over") {
                try await log.takeOver(log.look(), as: LeaderClaim(node: "x", address: "x", id: "x")) != nil
            }
            let forwarded = Task { await node.gateway.submit(add(5)) }
            let refused = await first.gateway.submit(add(7))
            #expect(refused.rejection?.code == .unavailable)
            #expect(await forwarded.value.receipt?.status == .applied)
            try await eventually("the node leads again") { try await log.look().leader?.claim.node == "a" && node.isLeading }
            #expect(await first.gateway.submit(add(9)).rejection?.code == .unavailable)
            #expect(try await log.look().leader?.term ?? first.term > first.term)
            #expect(try journal.load().variants.values.map(\.stock) == [5])
        }
    }

    @Test("a log that nobody can reach delays answers, and loses none")
    func unreachable() async throws {
        let cluster = try await Cluster()
        let journals = try ["a", "b"].map { _ in try Cluster.base() }
        let nodes = try zip(["a", "b"], journals).map { try cluster.node($0, over: $1) }
        try await running(nodes) {
            try await eventually("a node leads") { nodes.contains { $0.isLeading } }
            cluster.shared.isUnreachable = true
            async let outcomes = withTaskGroup(of: Outcome.self) { group in
                for number in 1...10 { group.addTask { await nodes[number % 2].gateway.submit(add(number)) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            try await eventually("commands wait") { nodes.contains { $0.gateway.waiting.count > 0 } }
            cluster.shared.isUnreachable = false
            #expect(await outcomes.allSatisfy { $0.receipt?.status == .applied })
            try await eventually("all nodes have the same entries") { nodes[0].status.applied == nodes[1].status.applied }
        }
        try same(journals, stock: (1...10).reduce(0, +))
    }

    @Test("how long the log has been silent counts from its last answer, and before the first one from the node's start")
    func silence() async throws {
        let cluster = try await Cluster()
        let node = try cluster.node("a", over: try Cluster.base())
        cluster.shared.isUnreachable = true
        try await running([node]) {
            try await eventually("it counts from the start") { node.logSilence > 0.5 }
            cluster.shared.isUnreachable = false
            // The node looks every 200 ms.
            try await eventually("the log answers") { node.logSilence < 0.4 }
            cluster.shared.isUnreachable = true
            try await eventually("it counts from the last answer") { node.logSilence > 0.5 }
            cluster.shared.isUnreachable = false
        }
    }

    // MARK: Support

    private func same(_ journals: [InMemoryJournal], stock: Int) throws {
        let events = journals[0].allEvents.map(\.json)
        for journal in journals {
            #expect(journal.allEvents.map(\.json) == events)
            #expect(try journal.load().variants.values.map(\.stock) == [Int64(stock)])
        }
    }
}

/// Runs the nodes, and stops them in order afterwards.
func running(_ nodes: [ClusterNode], _ body: @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for node in nodes { group.addTask { try await node.run() } }
        do { try await body() } catch {
            group.cancelAll()
            throw error
        }
        for node in nodes { await node.stop() }
        try await group.waitForAll()
    }
}

/// Adds as many units as the number says.
func add(_ number: Int) -> Command {
    Command(
        id: "add-\(number)", source: "test",
        action: .move(
            Movement(lines: [Movement.Line(item: .sku("A"), location: "MAIN", operation: .add, quantity: Int64(number))])))
}

extension ClusterNode {
    nonisolated var isLeading: Bool { if case .leader = status.role { true } else { false } }
}
