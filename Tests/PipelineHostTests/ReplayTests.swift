import Backoff
import Foundation
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import PipelineHost

@Suite("Delivering events again")
struct ReplayTests {
    let journal = InMemoryJournal()
    let folder: TemporaryFolder
    let engine: InventoryEngine

    init() throws {
        folder = try TemporaryFolder()
        engine = try InventoryEngine(
            journal: journal, configuration: .init(feed: .init(events: 4, bytes: 1 << 20)), logger: Logger(label: "test"))
    }

    private var letters: DeadLetterFile { DeadLetterFile(path: folder.file("dead.jsonl")) }

    private func lines() throws -> [Substring] {
        try String(contentsOfFile: letters.path, encoding: .utf8).split(separator: "\n")
    }

    private func runner(
        _ sink: RecordingSink, name: String = "sink", mode: SinkMode = .durable, filter: EventFilter = EventFilter(),
        attempts: Int? = nil
    ) -> SinkRunner {
        SinkRunner(
            .init(
                name: name, plugin: "recording", mode: mode, sink: sink, filter: filter,
                retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(2)), attempts: attempts, deadLetters: letters),
            feed: engine.feed, journal: journal, logger: Logger(label: "test"), version: "0",
            clock: { Timestamp(milliseconds: 1_795_365_600_000) })
    }

    /// Commits the creation of so many locations.
    private func commit(_ numbers: ClosedRange<Int>) async {
        for number in numbers {
            _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
    }

    /// Runs the runner until `body` has ended and everything is delivered.
    private func running(_ runner: SinkRunner, _ body: () async throws -> Void) async throws {
        async let run: Void = runner.run()
        try await eventually("it is up to date") { runner.position == engine.feed.head }
        try await body()
        await engine.stop()
        await run
        #expect(runner.report().counters.isConserved)
    }

    private func ended(_ runner: SinkRunner) async throws -> Replay {
        try await eventually("the replay ends") { runner.replays.current?.state != .running }
        return try #require(runner.replays.current)
    }

    @Test("events come again in order, beside what is current, and the position stays")
    func events() async throws {
        await commit(2...2_500)
        let sink = RecordingSink()
        let runner = runner(sink)
        try await running(runner) {
            let plan = try await runner.replay(ReplayRequest(.events(from: 100), to: 2_400))
            #expect(plan.range == 100...2_400 && plan.events == 2_301 && plan.state == .running)
            await commit(2_501...2_520)
            let replay = try await ended(runner)
            #expect(replay.state == .finished && replay.delivered == 2_301 && replay.position == 2_400 && replay.endedAt != nil)
        }
        let counts = Dictionary(grouping: sink.seqs) { $0 }.mapValues(\.count)
        #expect((1...2_520).allSatisfy { counts[$0] == ((100...2_400).contains($0) ? 2 : 1) })
        var seen: Set<UInt64> = []
        #expect(sink.seqs.filter { !seen.insert($0).inserted } == Array(100...2_400))
        #expect(try await journal.cursor(of: "sink") == 2_520)
        #expect(runner.report().counters.delivered == 2_520, "a replay is counted by itself")
    }

    @Test("without bounds it is everything that is kept, and no further than the sink is")
    func bounds() async throws {
        await commit(2...10)
        let sink = RecordingSink()
        let runner = runner(sink)
        try await running(runner) {
            #expect(try await runner.planReplay(ReplayRequest(.events(from: nil))).range == 1...10)
            #expect(try await runner.planReplay(ReplayRequest(.events(from: 4), to: 99)).range == 4...10)
            #expect(try await runner.planReplay(ReplayRequest(.events(from: nil), to: 3)).range == 1...3)
            await #expect(throws: ReplayRefusal.ahead(from: 11, position: 10)) {
                try await runner.replay(ReplayRequest(.events(from: 11)))
            }
            await #expect(throws: ReplayRefusal.empty(from: 5, to: 4)) {
                try await runner.replay(ReplayRequest(.events(from: 5), to: 4))
            }
            _ = try await journal.prune(Retention(age: .zero), protected: 4, now: .now)
            let first = try await journal.range().first
            #expect(first > 2)
            await #expect(throws: ReplayRefusal.pruned(from: 2, first: first)) {
                try await runner.replay(ReplayRequest(.events(from: 2)))
            }
        }
        #expect(sink.offers <= 10 && sink.seqs == Array(1...10), "planning delivers nothing")
        await #expect(throws: ReplayRefusal.stopped) { try await runner.replay(ReplayRequest(.events(from: nil))) }
    }

    @Test("the filter holds, and is counted by a plan as by a replay")
    func filter() async throws {
        await commit(2...20)
        let sink = RecordingSink()
        let runner = runner(sink, filter: EventFilter(locations: ["L1*"]))
        try await running(runner) {
            #expect(try await runner.planReplay(ReplayRequest(.events(from: nil))).filtered == 10)
            _ = try await runner.replay(ReplayRequest(.events(from: nil)))
            let replay = try await ended(runner)
            #expect(replay.filtered == 10 && replay.delivered == 10 && replay.events == 20)
        }
        #expect(sink.seqs == Array(10...19) + Array(10...19))
    }

    @Test("dead letters are delivered and marked, the refused ones stay, and a second replay does nothing")
    func deadLetters() async throws {
        await commit(2...12)
        let refused = Mutex<Set<UInt64>>([3, 4, 9])
        let sink = RecordingSink(deliver: { batch, _ in
            let no = refused.withLock { $0 }
            return Delivery(rejected: batch.records.filter { no.contains($0.seq) }.map { .init(seq: $0.seq, reason: "no") })
        })
        let runner = runner(sink)
        try await running(runner) {
            let before = try lines()
            #expect(try await runner.planReplay(ReplayRequest(.deadLetters)).events == 3)
            #expect(try lines() == before)
            refused.withLock { $0 = [4] }
            let plan = try await runner.replay(ReplayRequest(.deadLetters))
            #expect(plan.events == 3 && plan.range == 3...9 && plan.isOfDeadLetters)
            let replay = try await ended(runner)
            #expect(replay.state == .finished && replay.delivered == 2 && replay.refused == 1 && replay.lastError == "no")
            let after = try lines()
            #expect(after.count == 3 && after[1] == before[1])
            for index in [0, 2] {
                #expect(after[index] == before[index].dropLast() + #","delivered":"2026-11-22T16:40:00.000Z"}"#)
            }
            refused.withLock { $0 = [] }
            _ = try await runner.replay(ReplayRequest(.deadLetters))
            #expect(try await ended(runner).delivered == 1)
            let offers = sink.offers
            _ = try await runner.replay(ReplayRequest(.deadLetters))
            let second = try await ended(runner)
            #expect(second.state == .finished && second.events == 0 && second.range == nil && sink.offers == offers)
        }
        #expect(sink.seqs == [1, 2, 5, 6, 7, 8, 10, 11, 12, 3, 9, 4])
    }

    @Test("letters of other sinks, of other journals and what is no letter stay as they are; one event of two letters comes once")
    func others() async throws {
        await commit(2...5)
        let event = String(
            decoding: try #require(try await journal.events(after: 1, limit: 1, maxBytes: 1).first).json, as: UTF8.self)
        func letter(_ sink: String, _ epoch: String?, _ rest: String = "") -> String {
            #"{"at":"x", "sink":"\#(sink)",\#(epoch.map { #""epoch":"\#($0)","# } ?? "")"seq": 2,"reason":"r","event":\#(event)\#(rest)}"#
        }
        let epoch = journal.epoch
        let old = [
            letter("other", epoch), letter("sink", "another"), "{half a line", "[1]", letter("sink", epoch, #","delivered":"t""#),
        ]
        let mine = [letter("sink", epoch), letter("sink", nil)]
        try (old + mine + [""]).joined(separator: "\n").write(toFile: letters.path, atomically: true, encoding: .utf8)
        // An earlier file counts too.
        try (mine[0] + "\n").write(toFile: letters.path + ".1", atomically: true, encoding: .utf8)
        let sink = RecordingSink()
        let runner = runner(sink)
        try await running(runner) {
            let plan = try await runner.replay(ReplayRequest(.deadLetters))
            #expect(plan.events == 1)
            #expect(try await ended(runner).delivered == 1)
        }
        #expect(sink.seqs == [1, 2, 3, 4, 5, 2])
        let after = try lines()
        #expect(after.prefix(5).map(String.init) == old)
        #expect(after.dropFirst(5).allSatisfy { $0.contains(#","delivered":"2026"#) } && after.count == 7)
        #expect(try String(contentsOfFile: letters.path + ".1", encoding: .utf8).contains(#""delivered":"2026"#))
    }

    @Test("a letter whose event the journal no longer keeps is delivered from the letter")
    func prunedLetters() async throws {
        await commit(2...40)
        let isRefusing = Mutex(true)
        let sink = RecordingSink(deliver: { batch, _ in
            let isRefusing = isRefusing.withLock { $0 }
            return Delivery(rejected: batch.records.filter { isRefusing && $0.seq == 3 }.map { .init(seq: $0.seq, reason: "no") })
        })
        let runner = runner(sink)
        try await running(runner) {
            isRefusing.withLock { $0 = false }
            let third = try #require(try await journal.events(after: 2, limit: 1, maxBytes: 1).first)
            _ = try await journal.prune(Retention(age: .zero), protected: 35, now: .now)
            _ = try await runner.replay(ReplayRequest(.deadLetters))
            #expect(try await ended(runner).delivered == 1)
            let record = try #require(sink.records.last)
            #expect(record.seq == 3 && record.json == third.json && record.subject == third.subject)
        }
    }

    @Test("what is refused in a replay of events is a dead letter")
    func refusedAgain() async throws {
        await commit(2...6)
        let isRefusing = Mutex(false)
        let sink = RecordingSink(deliver: { batch, _ in
            guard isRefusing.withLock({ $0 }), let refused = batch.records.first(where: { $0.seq == 4 }) else { return Delivery() }
            throw SinkError.interrupted(Interruption(through: 3, refusals: [.init(seq: refused.seq, reason: "422")], reason: "422"))
        })
        let runner = runner(sink)
        try await running(runner) {
            isRefusing.withLock { $0 = true }
            _ = try await runner.replay(ReplayRequest(.events(from: 2), to: 5))
            let replay = try await ended(runner)
            #expect(replay.state == .finished && replay.delivered == 3 && replay.refused == 1)
        }
        let lines = try lines()
        #expect(lines.count == 1 && lines[0].contains(#""seq":4,"reason":"422""#))
    }

    @Test("while a replay fails what is current goes on; it ends after its tries, or when it is cancelled")
    func failing() async throws {
        await commit(2...6)
        let sink = RecordingSink(deliver: { batch, _ in
            if batch.isReplay { throw SinkError.unavailable("not these") }
            return Delivery()
        })
        let endless = runner(sink)
        let limited = runner(sink, name: "limited", attempts: 3)
        async let others: Void = limited.run()
        try await eventually("it is up to date") { limited.position == engine.feed.head }
        _ = try await limited.replay(ReplayRequest(.events(from: 1)))
        let failed = try await ended(limited)
        #expect(failed.state == .failed && failed.lastError == "given up after 3 tries: not these" && failed.delivered == 0)
        try await running(endless) {
            _ = try await endless.replay(ReplayRequest(.events(from: 1)))
            await #expect(throws: ReplayRefusal.running) { try await endless.replay(ReplayRequest(.deadLetters)) }
            await commit(7...30)
            try await eventually("what is current was delivered") { endless.position == 30 }
            #expect(endless.replays.current?.state == .running && endless.replays.current?.lastError == "not these")
            #expect(endless.report().state == .running && endless.report().replay?.state == .running)
            #expect(endless.cancelReplay()?.state == .cancelled)
            #expect(endless.cancelReplay()?.state == .cancelled)
            // The next one begins.
            sink.behave { _, _ in Delivery() }
            _ = try await endless.replay(ReplayRequest(.events(from: 29)))
            #expect(try await ended(endless).delivered == 2)
        }
        await others
    }

    @Test("letters that were delivered before a failure are marked")
    func markedBeforeFailure() async throws {
        await commit(2...6)
        let isFirst = Mutex(true)
        let sink = RecordingSink(deliver: { batch, _ in
            if isFirst.withLock({ $0 }) {
                return Delivery(rejected: batch.records.filter { $0.seq > 1 }.map { .init(seq: $0.seq, reason: "no") })
            }
            if batch.records.first?.seq == 2 { throw SinkError.delivered(through: 3, because: "cut off") }
            throw SinkError.unavailable("away")
        })
        let runner = runner(sink, attempts: 2)
        try await running(runner) {
            isFirst.withLock { $0 = false }
            _ = try await runner.replay(ReplayRequest(.deadLetters))
            let replay = try await ended(runner)
            #expect(replay.state == .failed && replay.delivered == 2 && replay.position == 3)
            #expect(try lines().map { $0.contains(#""delivered":"#) } == [true, true, false, false, false])
        }
    }

    @Test("a live sink, and one that is disabled, are refused")
    func refused() async throws {
        let live = runner(RecordingSink(), name: "live", mode: .live)
        await #expect(throws: ReplayRefusal.notDurable) { try await live.replay(ReplayRequest(.deadLetters)) }
        let runner = runner(RecordingSink(deliver: { _, _ in throw SinkError.disabled("410 Gone") }))
        async let run: Void = runner.run()
        try await eventually("it is disabled") { runner.report().state == .disabled }
        await #expect(throws: ReplayRefusal.disabled("410 Gone")) { try await runner.replay(ReplayRequest(.events(from: nil))) }
        await engine.stop()
        await run
    }

    @Test("a file of dead letters that cannot be read is said")
    func unreadable() async throws {
        try FileManager.default.createDirectory(atPath: letters.path, withIntermediateDirectories: false)
        let runner = runner(RecordingSink())
        await #expect {
            try await runner.planReplay(ReplayRequest(.deadLetters))
        } throws: {
            if case ReplayRefusal.unreadable = $0 { true } else { false }
        }
    }

    @Test("the end of the server ends a replay, and marks what it has delivered")
    func shutdown() async throws {
        await commit(2...6)
        let isFirst = Mutex(true)
        let sink = RecordingSink(deliver: { batch, _ in
            if isFirst.withLock({ $0 }) {
                return Delivery(rejected: batch.records.map { .init(seq: $0.seq, reason: "no") })
            }
            if batch.records.first?.seq == 1 { throw SinkError.delivered(through: 2, because: "cut off") }
            try await Task.sleep(for: .seconds(3_600))
            return Delivery()
        })
        let runner = runner(sink)
        try await running(runner) {
            isFirst.withLock { $0 = false }
            _ = try await runner.replay(ReplayRequest(.deadLetters))
            try await eventually("the second half hangs") { sink.offers >= 3 && runner.replays.current?.position == 2 }
        }
        #expect(runner.replays.current?.state == .cancelled)
        #expect(try lines().map { $0.contains(#""delivered":"#) } == [true, true, false, false, false, false])
    }
}
