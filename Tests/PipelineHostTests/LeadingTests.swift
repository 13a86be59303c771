import Backoff
import Foundation
import Logging
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import PipelineHost

@Suite("A pipeline on a node of a cluster")
struct LeadingTests {
    /// The journal of the node, and the one whose positions all nodes have.
    let own = InMemoryJournal()
    let shared = InMemoryJournal()
    let folder: TemporaryFolder
    let engine: InventoryEngine
    /// Where a role's sources hand in commands.
    let ofTheRole = CountingGateway()
    /// The sinks that were made for the entry at the leader, in order.
    let made = Made()

    init() throws {
        folder = try TemporaryFolder()
        engine = try InventoryEngine(journal: InMemoryJournal(), logger: Logger(label: "test"))
    }

    final class Made: Sendable {
        let sinks = Mutex<[RecordingSink]>([])

        func make() -> RecordingSink {
            let sink = RecordingSink()
            sinks.withLock { $0.append(sink) }
            return sink
        }

        var all: [RecordingSink] { sinks.withLock { $0 } }
        var last: RecordingSink? { all.last }
    }

    private func definition(
        _ name: String, _ sink: any Sink, _ placement: Placement, make: (@Sendable () throws -> any Sink)? = nil
    ) -> SinkRunner.Definition {
        SinkRunner.Definition(
            name: name, plugin: "recording", mode: .durable, sink: sink,
            retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(2)),
            deadLetters: DeadLetterFile(path: folder.file("\(name).jsonl")), placement: placement, make: make)
    }

    private func commit(_ numbers: ClosedRange<Int>) async {
        for number in numbers {
            _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
    }

    private func pipeline(_ sinks: [SinkRunner.Definition], sources: [SourceRunner.Definition] = []) -> Pipeline {
        Pipeline(
            gateway: engine, journal: engine.journal, feed: engine.feed, writer: engine, ownPositions: own, sources: sources,
            sinks: sinks, defaultLocation: "MAIN", logger: Logger(label: "test"), version: "0", ahead: .ofNodes, clock: { .now })
    }

    private func running(_ pipeline: Pipeline, _ body: () async throws -> Void) async throws {
        async let sinks: Void = pipeline.runSinks()
        async let sources: Void = pipeline.runSources()
        try await body()
        await pipeline.endLeading(within: .milliseconds(200))
        pipeline.drain()
        await engine.stop()
        await sinks
        await sources
    }

    private func role(_ isSure: @escaping @Sendable () -> Bool = { true }) -> LeaderRole {
        LeaderRole(gateway: ofTheRole, journal: shared, isSure: isSure)
    }

    @Test("what is placed at the leader runs from one end of a role to the other, from the position that all nodes have")
    func roles() async throws {
        let each = RecordingSink()
        let pipeline = pipeline([
            definition("each", each, .each), definition("one", made.make(), .leader) { made.make() },
        ])
        try await running(pipeline) {
            await commit(1...3)
            try await eventually("the sink on each node has all") { each.seqs == [1, 2, 3, 4] }
            #expect(made.all.map(\.starts) == [0])
            #expect(await pipeline.status().sinks.map(\.state) == [.running, .standby])

            try await shared.storeCursor(2, of: "one")
            await pipeline.beginLeading(role())
            try await eventually("the leader's sink goes on after 2") { made.last?.seqs == [3, 4] }
            #expect(try await shared.cursor(of: "one") == 4)
            #expect(try await own.cursor(of: "one") == nil)
            #expect(try await own.cursor(of: "each") == 4)

            await pipeline.endLeading(within: .seconds(1))
            #expect(made.last?.stops == 1)
            await commit(4...5)
            try await eventually("the sink on each node goes on") { each.seqs.last == 6 }
            #expect(made.last?.seqs == [3, 4])
            #expect(await pipeline.status().sinks.map(\.state) == [.running, .standby])

            // Another node has led meanwhile, and has delivered event 5.
            try await shared.storeCursor(5, of: "one")
            await pipeline.beginLeading(role())
            try await eventually("the next role begins where the other node was") { made.last?.seqs == [6] }
            #expect(made.all.count >= 3)
        }
        #expect(each.starts == 1)
    }

    @Test("nothing is delivered while it is not sure that this node leads")
    func unsure() async throws {
        let isSure = Atomic(false)
        let pipeline = pipeline([definition("one", made.make(), .leader) { made.make() }])
        try await running(pipeline) {
            await commit(1...3)
            await pipeline.beginLeading(role { isSure.load(ordering: .relaxed) })
            try await eventually("the sink runs") { await pipeline.status().sinks.first?.state == .running }
            try await Task.sleep(for: .milliseconds(100))
            #expect(made.last?.offers == 0)
            isSure.store(true, ordering: .relaxed)
            try await eventually("it is delivered") { made.last?.seqs == [1, 2, 3, 4] }
            isSure.store(false, ordering: .relaxed)
            await commit(4...4)
            // A role that ends does not wait until the node would be sure again.
            await pipeline.endLeading(within: .milliseconds(50))
            #expect(made.all.flatMap(\.seqs) == [1, 2, 3, 4])
        }
    }

    @Test("a delivery that hangs holds up the end of a role for a moment only, and is done again by the next leader")
    func hanging() async throws {
        let pipeline = pipeline([
            definition("one", made.make(), .leader) {
                RecordingSink(deliver: { _, _ in
                    try await Task.sleep(for: .seconds(60))
                    return Delivery()
                })
            }
        ])
        try await running(pipeline) {
            await pipeline.beginLeading(role())
            try await eventually("the sink runs") { await pipeline.status().sinks.first?.state == .running }
            let begin = ContinuousClock.now
            await pipeline.endLeading(within: .milliseconds(50))
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(try await shared.cursor(of: "one") == nil)
        }
    }

    @Test("what other nodes deliver is protected here, by the position that all nodes have")
    func protection() async throws {
        let pipeline = pipeline([definition("one", made.make(), .leader) { made.make() }])
        try await running(pipeline) {
            await commit(1...3)
            let report = await pipeline.status().sinks[0]
            #expect(report.state == .standby && report.lagEvents == 0 && report.position == 0)
            #expect(pipeline.runsElsewhere("one") && !pipeline.runsElsewhere("other"))
            await #expect(throws: ReplayRefusal.elsewhere) {
                try await pipeline.replay(ReplayRequest(.events(from: 1)), to: "one", isPlan: false)
            }
            try await engine.journal.storeCursor(2, of: "one")
            #expect(await pipeline.status().sinks[0].position == 2)
            await pipeline.beginLeading(role())
            #expect(!pipeline.runsElsewhere("one"))
        }
    }

    @Test("a plugin that cannot be made again does not run, and the others do")
    func unmakeable() async throws {
        struct Broken: Error {}
        let pipeline = pipeline([
            definition("broken", RecordingSink(), .leader) { throw Broken() },
            definition("one", made.make(), .leader) { made.make() },
        ])
        try await running(pipeline) {
            await pipeline.beginLeading(role())
            try await eventually("the other one runs") { made.last?.seqs == [1] }
            #expect(await pipeline.status().sinks.map(\.state) == [.standby, .running])
        }
    }

    @Test("a reload of a follower starts what is placed on each node, and keeps the rest for the leader")
    func reload() async throws {
        let each = RecordingSink()
        let pipeline = pipeline([])
        try await running(pipeline) {
            let change = Pipeline.Change(
                stopped: [], sources: [],
                sinks: [definition("each", each, .each), definition("one", made.make(), .leader) { made.make() }], topics: [],
                order: ["each", "one"])
            #expect(await pipeline.apply(change, within: .seconds(1)))
            try await eventually("the first runs") { each.seqs == [1] }
            #expect(made.all.map(\.starts) == [0])
            await pipeline.beginLeading(role())
            try await eventually("the second runs") { made.last?.seqs == [1] }
            // Taking out what never ran waits for nothing.
            await pipeline.endLeading(within: .seconds(1))
            let end = Pipeline.Change(stopped: ["one"], sources: [], sinks: [], topics: [], order: ["each"])
            #expect(await pipeline.apply(end, within: .seconds(1)))
            #expect(await pipeline.status().sinks.map(\.name) == ["each"])
        }
    }

    @Test("a source at the leader has a role's positions, and ends with the role")
    func sources() async throws {
        let runs = Made()
        let source = RoleSource(runs)
        let pipeline = pipeline([], sources: [.init(name: "in", plugin: "role", source: source) { RoleSource(runs) }])
        try await running(pipeline) {
            #expect(await pipeline.status().sources.map(\.status.state) == ["standby"])
            await pipeline.beginLeading(role())
            try await eventually("it has stored its bookmark") { try await shared.cursor(of: "source:in") == 7 }
            #expect(await pipeline.status().sources.map(\.status.state) == ["running"])
            await pipeline.endLeading(within: .seconds(1))
            #expect(await pipeline.status().sources.map(\.status.state) == ["standby"])
            #expect(runs.all.count == 1)
            // What a source hands in must not outlive the positions that it stores.
            #expect(ofTheRole.count.load(ordering: .relaxed) == 1 && engine.statistics.applied == 0)
            #expect(try await own.cursor(of: "source:in") == nil)
        }
    }

    /// A gateway that refuses everything, and counts it.
    final class CountingGateway: CommandGateway {
        let count = Atomic(0)

        func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
            count.add(commands.count, ordering: .relaxed)
            completion(commands.map { _ in .rejected(Rejection(.unavailable, "the role has ended")) })
        }
    }

    /// A source that stores a bookmark and waits for its end.
    private struct RoleSource: Source {
        let runs: Made

        init(_ runs: Made) { self.runs = runs }

        func run(_ context: SourceContext) async throws {
            context.status.update { $0.state = "running" }
            try await context.bookmark.store(7)
            _ = await context.gateway.submit(Command(source: "in", action: .createLocation(Location(code: "X", name: "X"))))
            _ = runs.make()
            try await Task.sleep(for: .seconds(60))
        }
    }
}

@Suite("“cluster” and “placement” in plugins.json")
struct ClusterSettingsTests {
    private let secret = "0123456789abcdefghijklmnopqrstuv"

    private func cluster(_ more: String = "") -> String {
        #"{"cluster":{"site":"main","node":"a","endpoints":["http://127.0.0.1:2379"],"secret":"\#(secret)"\#(more)}}"#
    }

    @Test("without it the server is by itself")
    func absent() throws {
        #expect(try ConfigurationRegistry.load("{}").cluster == nil)
    }

    @Test("it names the cluster, the node and where the log is, and its secret is never shown")
    func settings() throws {
        let configuration = try ConfigurationRegistry.load(
            cluster(#","address":"https://10.0.0.1:8443","tls":{"ca":"ca.pem","certificate":"a.pem","key":"a.key"}"#)
                .replacing("http://127", with: "https://127"))
        let settings = try #require(configuration.cluster)
        #expect(settings.site == "main" && settings.node == "a" && settings.endpoints == ["https://127.0.0.1:2379"])
        #expect(settings.address == "https://10.0.0.1:8443" && settings.tls?.authority == "ca.pem" && settings.secret == secret)
        #expect(!configuration.shown.json.contains(secret))
    }

    @Test(
        "mistakes are named at their place",
        arguments: [
            (#","tls":{"certificate":"a.pem"}"#, "“certificate” in cluster.tls needs “key” beside it"),
            (#","tls":{"ca":"ca.pem"}"#, "“http://127.0.0.1:2379” does not speak TLS"),
            (#","address":"http://10.0.0.1:8080/""#, "“address” must not end with a slash"),
            (#","extra":1"#, "unknown key “extra”"),
        ])
    func mistakes(more: String, message: String) {
        #expect(ConfigurationRegistry.mistakes(cluster(more)).contains(message), "\(ConfigurationRegistry.mistakes(cluster(more)))")
    }

    @Test("a secret is long, a name fits into a key, and a free port has an address")
    func rules() {
        let short = cluster().replacing(secret, with: "hidden")
        #expect(
            ConfigurationRegistry.mistakes(short).contains("needs at least 32")
                && !ConfigurationRegistry.mistakes(short).contains("hidden"))
        #expect(ConfigurationRegistry.mistakes(cluster().replacing("main", with: "a/b")).contains("a name"))
        let free = cluster().replacing(#"{"cluster""#, with: #"{"http":{"port":0},"cluster""#)
        #expect(ConfigurationRegistry.mistakes(free).contains("with http.port 0"))
        #expect(ConfigurationRegistry.mistakes(free.replacing("}}", with: #","address":"http://h:1"}}"#)) == "")
    }

    @Test("an entry says where it runs, if its plugin can run there")
    func placement() throws {
        let configuration = try ConfigurationRegistry.load(
            #"{"sinks":[{"plugin":"json-log","path":"a"},{"plugin":"json-log","name":"b","path":"b","placement":"leader"},{"plugin":"websocket"}]}"#
        )
        #expect(configuration.sinks.map(\.placement) == [.leader, .leader, .each])
        #expect(
            ConfigurationRegistry.mistakes(#"{"sinks":[{"plugin":"websocket","placement":"both"}]}"#).contains(
                "one of “leader”, “each”"))
        #expect(
            ConfigurationRegistry.mistakes(#"{"sinks":[{"plugin":"websocket","placement":"leader"}]}"#)
                .contains("“placement” of “websocket” can only be “each”"))
    }
}
