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

@Suite("What a reload changes")
struct ConfigurationChangeTests {
    private func change(_ old: String, _ new: String, environment: [String: String] = [:]) throws -> ConfigurationChange {
        try ConfigurationChange(
            from: ConfigurationRegistry.load(old, environment: environment),
            to: ConfigurationRegistry.load(new, environment: environment))
    }

    private let two = """
        {"sinks":[{"plugin":"json-log","path":"a.jsonl"},{"plugin":"json-log","name":"second","path":"b.jsonl","retry":{"max":"9s"}}]}
        """

    @Test("a file that says the same in another way changes nothing")
    func same() throws {
        let other = """
            // Comments, order, and what is the default anyway.
            {"http":{"port":8080},"sinks":[
              {"plugin":"json-log","name":"second","retry":{"max":"9000ms"},"path":"${PLACE}","fsync":"batch"},
              {"plugin":"json-log","path":"a.jsonl","enabled":true}]}
            """
        let change = try change(two, other, environment: ["PLACE": "b.jsonl"])
        #expect(change.isEmpty && change.pending.isEmpty)
    }

    @Test(
        "each key of an entry counts",
        arguments: [
            #""path":"c.jsonl","retry":{"max":"9s"}"#, #""path":"b.jsonl","retry":{"max":"8s"}"#, #""path":"b.jsonl""#,
            #""path":"b.jsonl","retry":{"max":"9s"},"events":["stock_alert"]"#,
            #""path":"b.jsonl","retry":{"max":"9s"},"where":{"skus":["A*"]}"#,
            #""path":"b.jsonl","retry":{"max":"9s"},"deadLetter":"d.jsonl""#,
            #""path":"b.jsonl","retry":{"max":"9s"},"rotate":{"keep":7}"#,
        ])
    func changed(keys: String) throws {
        let new = #"{"sinks":[{"plugin":"json-log","path":"a.jsonl"},{"plugin":"json-log","name":"second",\#(keys)}]}"#
        let change = try change(two, new)
        #expect(change.sinks.restarted.map(\.name) == ["second"] && change.sinks.started.isEmpty && change.sinks.stopped.isEmpty)
    }

    @Test("entries come and go by their names, and a name with another plugin is replaced")
    func names() throws {
        let new =
            #"{"sinks":[{"plugin":"websocket","name":"second"},{"plugin":"websocket"},{"plugin":"json-log","path":"x","enabled":false}]}"#
        let change = try change(two, new)
        #expect(change.sinks.started.map(\.name) == ["websocket"] && change.sinks.stopped == ["json-log"])
        #expect(change.sinks.restarted.map(\.name) == ["second"] && !change.isEmpty)
    }

    @Test("what cannot change is named by its path, with a reason; retention can")
    func settings() throws {
        let new = """
            {"http":{"port":9090,"origins":["https://a.example"]},"journal":{"path":"other.db","retention":{"age":"40d"}},
             "engine":{"batch":17},"shutdown":{"drain":"1s"},"defaultLocation":"WH1"}
            """
        let (old, other) = (try ConfigurationRegistry.load("{}"), try ConfigurationRegistry.load(new))
        let change = try ConfigurationChange(from: old, to: other)
        #expect(
            Set(change.pending.map(\.path)) == [
                "http.port", "http.origins", "journal.path", "engine.batch", "shutdown.drain", "defaultLocation",
            ])
        #expect(change.pending.allSatisfy { !$0.reason.isEmpty } && change.changesRetention)
        let running = old.applying(change, to: other)
        #expect(running.http.port == 8080 && running.journal.path == "data/tallywire.db")
        #expect(running.journal.retention.age == .seconds(40 * 86_400))
        // What runs differs from the file by the same values again, and by no more.
        let again = try ConfigurationChange(from: running, to: other)
        #expect(again.pending == change.pending && !again.changesRetention && again.isEmpty)
        #expect(running.shown["journal"]?["retention"]?["age"]?.json == #""40d""# && running.shown["http"]?["port"]?.json == "8080")
    }

    @Test("a secret behind the same text is read again by itself, and is no change")
    func secretBehindText() throws {
        func load(_ secret: String) throws -> PipelineConfiguration {
            try ConfigurationRegistry.load(#"{"auth":{"mode":"jwt","secret":"${KEY}"}}"#, environment: ["KEY": secret])
        }
        let (old, new) = ("dXh3b2lkZm5zdmpxb2VpdXJ5dHdwbXpuYmN2YWtz", "cGxva2lqdWh5Z3RmcmRlc3dhcXpzeGVkY3Jmdmd0")
        #expect(try ConfigurationChange(from: load(old), to: load(new)).pending.isEmpty)
        let written = try ConfigurationRegistry.load(#"{"auth":{"mode":"jwt","secret":"\#(new)"}}"#)
        #expect(try ConfigurationChange(from: load(old), to: written).pending.map(\.path) == ["auth.secret"])
    }

    @Test("sources that use topics are replaced when the topics change")
    func topics() throws {
        func load(_ sinks: String) throws -> PipelineConfiguration {
            try ConfigurationRegistry.load(
                #"{"sources":[{"plugin":"mqtt-scanners","broker":"mqtt://b","topic":"s/{device}"}],"sinks":[\#(sinks)]}"#)
        }
        let log = #"{"plugin":"json-log","path":"a"}"#
        #expect(try ConfigurationChange(from: load(""), to: load(log)).sources.isEmpty)
    }

    @Test("it is shown with all defaults, as the file has it where something was filled in, and without secrets")
    func shown() throws {
        let secret = "dXh3b2lkZm5zdmpxb2VpdXJ5dHdwbXpuYmN2YWtz"
        let configuration = try ConfigurationRegistry.load(
            """
            {"auth":{"mode":"jwt","secret":"${KEY}"},
             "sinks":[{"plugin":"json-log","path":"${PLACE:-a.jsonl}","events":["stock_alert"]}]}
            """, environment: ["KEY": secret, "PLACE": "x.jsonl"])
        let shown = configuration.shown
        #expect(!shown.json.contains(secret) && shown["auth"]?["secret"]?.string == "${KEY}")
        #expect(shown["sinks"]?.child("0")?["path"]?.string == "${PLACE:-a.jsonl}")
        #expect(shown["sinks"]?.child("0")?["deadLetter"]?.string == "data/dead-letter/json-log.jsonl")
        #expect(shown["sinks"]?.child("0")?["rotate"]?["keep"]?.json == "8" && shown["http"]?["port"]?.json == "8080")
        let written = try ConfigurationRegistry.load(#"{"auth":{"mode":"jwt","secret":"\#(secret)"}}"#).shown
        #expect(written["auth"]?["secret"]?.string == "***")
    }

    @Test(
        "what of a value is hidden",
        arguments: [
            ("a://u:p@host:1/x?y", OptionSchema.Secrecy.url, "a://***@host:1/***"), ("a://host/", .url, "a://host/"),
            ("a://host", .url, "a://host"), ("a://host/x", .url, "a://host/***"), ("a://host?x", .url, "a://host/***"),
            ("no url", .url, "***"), ("text", .whole, "***"), ("", .whole, "***"),
        ])
    func hidden(text: String, secrecy: OptionSchema.Secrecy, expected: String) {
        let schema = OptionSchema([.optional("x", .oneOf([.string(), .list(.string())]), "X", secrecy: secrecy)])
        #expect(schema.shown(["x": .init(.string(text))])["x"]?.string == expected)
        #expect(schema.shown(["x": [.init(.string(text))]])["x"]?.json == #"["\#(expected)"]"#)
    }

    @Test("of a program the arguments are hidden, and of variables the values")
    func program() {
        let schema = OptionSchema([
            .optional("command", .list(.string()), "C", secrecy: .arguments),
            .optional("environment", .map(.string()), "E", secrecy: .whole),
        ])
        let shown = schema.shown(["command": ["psql", "-d", "secret"], "environment": ["KEY": "secret"]])
        #expect(shown.json == #"{ "command": ["psql", "***", "***"], "environment": { "KEY": "***" } }"#)
    }
}

@Suite("A pipeline that changes while it runs")
struct ChangingPipelineTests {
    let journal = InMemoryJournal()
    let folder: TemporaryFolder
    let engine: InventoryEngine

    init() throws {
        folder = try TemporaryFolder()
        engine = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
    }

    private func definition(_ name: String, _ sink: any Sink) -> SinkRunner.Definition {
        SinkRunner.Definition(
            name: name, plugin: "recording", mode: .durable, sink: sink,
            retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(2)),
            deadLetters: DeadLetterFile(path: folder.file("\(name).jsonl")))
    }

    private func commit(_ numbers: ClosedRange<Int>) async {
        for number in numbers {
            _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
    }

    private func running(_ sinks: [SinkRunner.Definition], _ body: (Pipeline) async throws -> Void) async throws {
        let pipeline = Pipeline(
            gateway: engine, journal: engine.journal, feed: engine.feed, writer: engine, sources: [], sinks: sinks,
            defaultLocation: "MAIN", logger: Logger(label: "test"), version: "0",
            clock: { .now })
        async let run: Void = pipeline.runSinks()
        try await body(pipeline)
        pipeline.drain()
        await engine.stop()
        await run
    }

    private func change(_ stopped: Set<String>, _ sinks: [SinkRunner.Definition], order: [String]) -> Pipeline.Change {
        Pipeline.Change(stopped: stopped, sources: [], sinks: sinks, topics: [], order: order)
    }

    @Test("a sink is replaced between two deliveries, and the next goes on from its position; another one notices nothing")
    func replaced() async throws {
        let (first, second, other) = (RecordingSink(), RecordingSink(), RecordingSink())
        try await running([definition("a", first), definition("b", other)]) { pipeline in
            await commit(2...50)
            async let more: Void = commit(51...300)
            #expect(await pipeline.apply(change(["a"], [definition("a", second)], order: ["a", "b"]), within: .seconds(10)))
            await more
            #expect(await pipeline.status().sinks.map(\.name) == ["a", "b"])
        }
        #expect(first.stops == 1 && second.starts == 1 && first.seqs.count >= 50)
        #expect(first.seqs + second.seqs == Array(1...300) && other.seqs == Array(1...300))
        #expect(other.starts == 1 && second.context?.cursor == first.seqs.last)
    }

    @Test("a sink that hangs, or that fails, is replaced in time, and keeps its position", arguments: [true, false])
    func replacedWhileFailing(hangs: Bool) async throws {
        let bad = RecordingSink(deliver: { batch, _ in
            if batch.records.contains(where: { $0.seq > 5 }) {
                if hangs { try await Task.sleep(for: .seconds(3_600)) }
                throw SinkError.unavailable("no")
            }
            return Delivery()
        })
        let good = RecordingSink()
        try await running([definition("a", bad)]) { pipeline in
            await commit(2...5)
            try await eventually("five are delivered") { bad.seqs == Array(1...5) }
            await commit(6...9)
            try await eventually("it is at the next") { bad.offers > 1 }
            #expect(await pipeline.apply(change(["a"], [definition("a", good)], order: ["a"]), within: .milliseconds(100)))
        }
        #expect(bad.stops == 1 && good.seqs == Array(6...9))
    }

    @Test("a sink that was disabled is replaced at once, and the next goes on from its position")
    func replacedWhileDisabled() async throws {
        let gone = RecordingSink(deliver: { batch, _ in
            if batch.records.contains(where: { $0.seq > 5 }) { throw SinkError.disabled("410 Gone") }
            return Delivery()
        })
        let good = RecordingSink()
        try await running([definition("a", gone)]) { pipeline in
            await commit(2...5)
            try await eventually("five are delivered") { gone.seqs == Array(1...5) }
            await commit(6...9)
            try await eventually("it is disabled") { await pipeline.status().sinks.map(\.state) == [.disabled] }
            #expect(await pipeline.apply(change(["a"], [definition("a", good)], order: ["a"]), within: .seconds(60)))
        }
        #expect(gone.stops == 1 && good.seqs == Array(6...9))
    }

    @Test("sinks come and go in the order of the file, and what is gone no longer holds up retention")
    func order() async throws {
        let stuck = RecordingSink(deliver: { _, _ in throw SinkError.unavailable("no") })
        try await running([definition("stuck", stuck), definition("z", RecordingSink())]) { pipeline in
            await commit(2...10)
            let new = definition("a", RecordingSink())
            #expect(await pipeline.apply(change(["stuck"], [new], order: ["a", "z"]), within: .seconds(1)))
            #expect(await pipeline.status().sinks.map(\.name) == ["a", "z"])
            #expect(pipeline.sink(named: "stuck") == nil && pipeline.sink(named: "z") != nil)
            pipeline.retain(Retention(age: .zero))
            try await eventually("both are up to date") {
                await pipeline.status().sinks.allSatisfy { $0.position == 10 }
            }
            let pruning = Task { await pipeline.runRetention(every: .milliseconds(5)) }
            try await eventually("the journal is pruned") { try await journal.range().first == 11 }
            pruning.cancel()
            await pruning.value
        }
    }

    @Test("nothing starts once the end has begun")
    func ending() async throws {
        let late = RecordingSink()
        let pipeline = Pipeline(
            gateway: engine, journal: engine.journal, feed: engine.feed, writer: engine, sources: [], sinks: [],
            defaultLocation: "MAIN", logger: Logger(label: "test"), version: "0",
            clock: { .now })
        pipeline.drain()
        #expect(await pipeline.apply(change([], [definition("late", late)], order: ["late"]), within: .zero) == false)
        await engine.stop()
        await pipeline.runSinks()
        #expect(late.starts == 0)
    }

    @Test("whoever waits for the first start of a sink goes on when it has succeeded or failed, and for no other sink")
    func firstTries() async throws {
        let door = Latch()
        let slow = RecordingSink(start: { _ in await door.wait() })
        let failing = RecordingSink(start: { _ in throw SinkError.unavailable("no") })
        try await running([definition("slow", slow), definition("failing", failing)]) { pipeline in
            await pipeline.firstTries { $0 as? RecordingSink === failing }
            #expect(failing.starts >= 1)
            async let state = stateAfterFirstTries(of: pipeline)
            try await eventually("the slow one is being started") { slow.starts == 1 && failing.starts > 1 }
            #expect(await pipeline.status().sinks.map(\.state).first == .starting)
            door.open()
            #expect(await state == .running)
            // It would not end by itself.
            #expect(await pipeline.apply(change(["failing"], [], order: ["slow"]), within: .zero))
        }
    }

    private func stateAfterFirstTries(of pipeline: Pipeline) async -> PipelineStatus.SinkReport.State? {
        await pipeline.firstTries { _ in true }
        return await pipeline.status().sinks.first?.state
    }

    @Test("whoever waits for a sink that never runs goes on at the end of the pipeline")
    func neverRun() async throws {
        let pipeline = Pipeline(
            gateway: engine, journal: engine.journal, feed: engine.feed, writer: engine, sources: [],
            sinks: [definition("late", RecordingSink())], defaultLocation: "MAIN", logger: Logger(label: "test"), version: "0",
            clock: { .now })
        let waiting = Task { await pipeline.firstTries { _ in true } }
        let run = Task { await pipeline.runSinks() }
        run.cancel()
        await run.value
        await waiting.value
        await engine.stop()
    }
}
