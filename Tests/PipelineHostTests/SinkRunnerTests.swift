import Backoff
import Foundation
import Logging
import PipelineHost
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywirePipeline

@Suite("The runner of a sink")
struct SinkRunnerTests {
    let journal = InMemoryJournal()
    let folder: TemporaryFolder
    let engine: InventoryEngine

    init() throws {
        folder = try TemporaryFolder()
        engine = try InventoryEngine(
            journal: journal, configuration: .init(feed: .init(events: 4, bytes: 1 << 20)), logger: Logger(label: "test"))
    }

    func runner(
        _ sink: RecordingSink, feed: Feed? = nil, mode: SinkMode = .durable, filter: EventFilter = EventFilter(),
        retry: Backoff = Backoff(initial: .milliseconds(1), maximum: .milliseconds(2)), attempts: Int? = nil, rejectAfter: Int = 3
    ) -> SinkRunner {
        SinkRunner(
            .init(
                name: "sink", plugin: "recording", mode: mode, sink: sink, filter: filter, retry: retry, attempts: attempts,
                rejectAfter: rejectAfter, deadLetters: DeadLetterFile(path: folder.file("dead.jsonl"))),
            feed: feed ?? engine.feed, journal: journal, logger: Logger(label: "test"), version: "0",
            clock: { Timestamp(milliseconds: 1_795_365_600_000) })
    }

    /// Commits so many events, each the creation of a location.
    func commit(_ numbers: ClosedRange<Int>) async {
        for number in numbers {
            _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
    }

    @Test("a durable sink that is new gets every event from the beginning, in order, and once")
    func newSink() async {
        await commit(2...20)
        let sink = RecordingSink()
        let runner = runner(sink)
        async let run: Void = runner.run()
        await commit(21...40)
        await engine.stop()
        await run
        #expect(sink.seqs == Array(1...40) && sink.stops == 1)
        let report = runner.report()
        #expect(report.counters.isConserved && report.counters.delivered == 40 && report.state == .stopped)
    }

    @Test("a sink that is far behind gets whole batches, in order, and once, though every other reading of the journal fails")
    func farBehind() async throws {
        let readings = Mutex<[UInt64]>([])
        let unreliable = ForwardingJournal(
            InMemoryJournal(),
            following: { seq in
                let count = readings.withLock { readings in
                    readings.append(seq)
                    return readings.count
                }
                if count.isMultiple(of: 2) { throw JournalError(.storage, "the disk is tired") }
            })
        let engine = try InventoryEngine(
            journal: unreliable, configuration: .init(feed: .init(events: 4, bytes: 1 << 20)), logger: Logger(label: "test"))
        let product = NewProduct(name: "Tee", content: .single(NewVariant(sku: "TEE", name: "Tee")))
        _ = await engine.submit(Command(source: "test", action: .createProduct(product)))
        let line = Movement.Line(item: .sku("TEE"), location: "MAIN", operation: .add, quantity: 1)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4_200 {
                group.addTask { _ = await engine.submit(Command(source: "test", action: .move(Movement(lines: [line])))) }
            }
        }
        let sizes = Mutex<[Int]>([])
        let sink = RecordingSink(deliver: { batch, offer in
            if offer == 1 {
                await #expect(throws: Never.self) {
                    try await eventually("the next are read meanwhile") { readings.withLock { $0.contains(1_000) } }
                }
            }
            sizes.withLock { $0.append(batch.records.count) }
            return Delivery()
        })
        let runner = runner(sink, feed: engine.feed)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        let head = engine.feed.head
        #expect(head > 4_200 && sink.seqs == Array(1...head))
        #expect(sizes.withLock { $0.dropLast() }.allSatisfy { $0 == 1_000 })
        #expect(readings.withLock { $0.count } > sizes.withLock { $0.count })
        #expect(runner.report().counters.isConserved)
    }

    @Test("it goes on from its stored cursor")
    func cursor() async throws {
        await commit(2...20)
        try await journal.storeCursor(15, of: "sink")
        let sink = RecordingSink()
        async let run: Void = runner(sink).run()
        await engine.stop()
        await run
        #expect(sink.seqs == Array(16...20) && sink.context?.cursor == 15)
        #expect(try await journal.cursor(of: "sink") == 20)
    }

    @Test("a live sink begins with what is committed next")
    func live() async throws {
        await commit(2...20)
        let sink = RecordingSink()
        async let run: Void = runner(sink, mode: .live).run()
        try await eventually("it has started") { sink.starts == 1 }
        await commit(21...22)
        await engine.stop()
        await run
        #expect(sink.seqs == [21, 22])
    }

    @Test("a sink that fails gets the same records again, and newer ones only after them")
    func retries() async {
        await commit(2...10)
        let sink = RecordingSink(deliver: { _, offer in
            if offer % 3 != 0 { throw SinkError.unavailable("away") }
            return Delivery()
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        await commit(11...20)
        await engine.stop()
        await run
        #expect(sink.seqs == Array(1...20))
        let counters = runner.report().counters
        #expect(counters.isConserved && counters.retries >= 2 && counters.delivered == 20)
    }

    @Test("what was delivered before an error is not offered again")
    func partialDelivery() async {
        await commit(2...10)
        let sink = RecordingSink(deliver: { batch, offer in
            if offer == 1 { throw SinkError.delivered(through: batch.records[3].seq, because: "cut off") }
            return Delivery()
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(sink.seqs == Array(1...10) && runner.report().counters.isConserved)
    }

    @Test("a rejected record goes into the dead-letter file with the reason, and the others go on")
    func deadLetters() async throws {
        await commit(2...6)
        let sink = RecordingSink(deliver: { batch, _ in
            Delivery(rejected: batch.records.filter { $0.seq == 4 }.map { .init(seq: $0.seq, reason: "too long") })
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(sink.seqs == [1, 2, 3, 5, 6])
        let text = try String(contentsOfFile: folder.file("dead.jsonl"), encoding: .utf8)
        #expect(
            text.hasPrefix(
                #"{"at":"2026-11-22T16:40:00.000Z","sink":"sink","epoch":"\#(journal.epoch)","seq":4,"reason":"too long","event":{"type":"#
            ))
        #expect(text.split(separator: "\n").count == 1)
        let counters = runner.report().counters
        #expect(counters.dropped == 1 && counters.delivered == 5 && counters.isConserved)
    }

    @Test("a batch that has failed as often as it may goes into the dead-letter file")
    func givingUp() async throws {
        let sink = RecordingSink(deliver: { _, _ in throw SinkError.unavailable("never") })
        let runner = runner(sink, retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(1)), attempts: 3)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(sink.offers == 3 && runner.report().counters.dropped == 1)
        #expect(try String(contentsOfFile: folder.file("dead.jsonl"), encoding: .utf8).contains("given up after 3 tries: never"))
    }

    @Test("an event that the other side refuses is offered as often as it may, and is then a dead letter; the others go on")
    func refusals() async throws {
        await commit(2...6)
        let sink = RecordingSink(deliver: { batch, _ in
            guard let refused = batch.records.first(where: { $0.seq == 3 || $0.seq == 5 }) else { return Delivery() }
            throw SinkError.interrupted(
                Interruption(
                    through: refused.seq == 5 ? 4 : nil, refusals: [.init(seq: refused.seq, reason: "422 no")], reason: "422 no"))
        })
        let runner = runner(sink, rejectAfter: 3)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(sink.offers == 7 && Array(sink.seqs.suffix(1)) == [6])
        let letters = try String(contentsOfFile: folder.file("dead.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(letters.count == 2 && letters[0].contains(#""seq":3,"reason":"422 no""#) && letters[1].contains(#""seq":5,"#))
        let counters = runner.report().counters
        #expect(counters.dropped == 2 && counters.delivered == 4 && counters.retries == 6 && counters.isConserved)
        #expect(try await journal.cursor(of: "sink") == 6)
    }

    @Test("the other side is left alone as long as it wants")
    func leastPause() async throws {
        await commit(2...3)
        let times = Mutex<[ContinuousClock.Instant]>([])
        let sink = RecordingSink(deliver: { _, offer in
            times.withLock { $0.append(.now) }
            if offer == 1 { throw SinkError.interrupted(Interruption(after: .milliseconds(300), reason: "later")) }
            return Delivery()
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        let passed = times.withLock { $0[0].duration(to: $0[1]) }
        #expect(sink.offers == 2 && passed >= .milliseconds(300))
    }

    @Test("a sink that is disabled gets nothing more, keeps its position, and ends with the feed")
    func disabled() async throws {
        await commit(2...6)
        let sink = RecordingSink(deliver: { batch, offer in
            if offer == 1 { throw SinkError.delivered(through: 3, because: "cut off") }
            throw SinkError.disabled("410 Gone: take the entry out of plugins.json")
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        try await eventually("it is disabled") { runner.report().state == .disabled }
        await commit(7...20)
        #expect(runner.report().lagEvents == 17 && runner.report().lastError == "410 Gone: take the entry out of plugins.json")
        runner.drain()
        #expect(runner.report().state == .disabled)
        await engine.stop()
        await run
        #expect(sink.offers == 2 && sink.stops == 1)
        #expect(try await journal.cursor(of: "sink") == 3)
        #expect(runner.report().counters.isConserved)
    }

    @Test("each try is noted with its number and its error, and the oldest give way")
    func deliveryLog() async throws {
        await commit(2...4)
        let sink = RecordingSink(deliver: { _, offer in
            if offer < 3 { throw SinkError.unavailable("away") }
            return Delivery()
        })
        let runner = runner(sink)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        let tries = runner.deliveries.recent
        #expect(tries.map(\.attempt) == [3, 2, 1] && tries.map(\.status) == [.delivered, .failed, .failed])
        #expect(tries.allSatisfy { $0.seq == 4 && $0.events == 4 } && tries.map(\.error) == [nil, "away", "away"])
        let log = DeliveryLog()
        for seq in 1...300 { log.note(.init(seq: UInt64(seq), at: .now, status: .delivered, duration: .zero, attempt: 1)) }
        #expect(log.recent.map(\.seq) == (101...300).reversed())
    }

    @Test("events that are given up wait for a dead-letter file that cannot be written, and the runner goes on")
    func givingUpWithoutAFile() async throws {
        await commit(2...3)
        try "in the way".write(toFile: folder.file("blocked"), atomically: true, encoding: .utf8)
        let sink = RecordingSink(deliver: { _, _ in throw SinkError.unavailable("never") })
        let runner = SinkRunner(
            .init(
                name: "sink", plugin: "recording", mode: .durable, sink: sink,
                retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(1)), attempts: 1,
                deadLetters: DeadLetterFile(path: folder.file("blocked/dead.jsonl"))),
            feed: engine.feed, journal: journal, logger: Logger(label: "test"), version: "0", clock: { Timestamp(milliseconds: 0) })
        async let run: Void = runner.run()
        try await eventually("the file was tried") { runner.report().counters.retries > 3 }
        #expect(runner.report().position == 0 && runner.report().state == .retrying)
        try FileManager.default.removeItem(atPath: folder.file("blocked"))
        await engine.stop()
        await run
        #expect(runner.report().counters.dropped == 3 && runner.report().counters.isConserved)
    }

    @Test("a dead-letter file that cannot be written loses nothing: the records are offered again")
    func deadLettersCannotBeWritten() async throws {
        try "in the way".write(toFile: folder.file("blocked"), atomically: true, encoding: .utf8)
        let sink = RecordingSink(deliver: { batch, offer in
            offer < 3 ? Delivery(rejected: batch.records.map { .init(seq: $0.seq, reason: "no") }) : Delivery()
        })
        let runner = SinkRunner(
            .init(
                name: "sink", plugin: "recording", mode: .durable, sink: sink,
                retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(1)),
                deadLetters: DeadLetterFile(path: folder.file("blocked/dead.jsonl"))),
            feed: engine.feed, journal: journal, logger: Logger(label: "test"), version: "0",
            clock: { Timestamp(milliseconds: 0) })
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(runner.report().counters.delivered == 1 && runner.report().counters.dropped == 0)
    }

    @Test("what the filter leaves out is counted, and moves the position")
    func filtering() async throws {
        await commit(2...10)
        let sink = RecordingSink()
        let runner = runner(sink, filter: EventFilter(locations: ["L*5", "L7"]))
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(sink.seqs == [5, 7])
        let counters = runner.report().counters
        #expect(counters.filtered == 8 && counters.delivered == 2 && counters.isConserved)
        #expect(try await journal.cursor(of: "sink") == 10)
    }

    @Test("a sink that hangs holds up neither the engine nor another sink, and is cancelled in the end")
    func hanging() async throws {
        let stuck = RecordingSink(deliver: { _, _ in
            try await Task.sleep(for: .seconds(3_600))
            return Delivery()
        })
        let other = RecordingSink()
        let hanging = Task { await runner(stuck).run() }
        async let run: Void = runner(other).run()
        try await eventually("it hangs") { stuck.offers == 1 }
        await commit(2...50)
        await engine.stop()
        await run
        #expect(other.seqs == Array(1...50) && stuck.seqs.isEmpty)
        hanging.cancel()
        await hanging.value
        #expect(stuck.stops == 1)
    }

    @Test("a start that fails is tried again")
    func failingStart() async {
        let sink = RecordingSink(start: { attempt in
            if attempt < 3 { throw SinkError.unavailable("not yet") }
        })
        async let run: Void = runner(sink).run()
        await engine.stop()
        await run
        #expect(sink.starts == 3 && sink.seqs == [1])
    }

    @Test("events that the journal's hard limit deleted are counted as dropped")
    func hardLimit() async throws {
        await commit(2...20)
        _ = try await journal.prune(
            Retention(age: .seconds(0), size: 0, hardLimit: 400), protected: 0, now: Timestamp(milliseconds: 0))
        try await journal.storeCursor(1, of: "sink")
        let first = try await journal.range().first
        let sink = RecordingSink()
        let runner = runner(sink)
        async let run: Void = runner.run()
        await engine.stop()
        await run
        #expect(first > 2 && sink.seqs == Array(first...20))
        let counters = runner.report().counters
        #expect(counters.dropped == first - 2 && counters.isConserved)
    }
}

@Suite("Filters and retries")
struct FilterTests {
    @Test(
        "patterns match as a whole, and * stands for any characters",
        arguments: [
            ("*", "", true), ("*", "WH1", true), ("WH1", "WH1", true), ("WH1", "WH11", false), ("WH*", "WH", true),
            ("WH*", "XWH", false),
            ("*-RED-*", "TEE-RED-M", true), ("*-RED-*", "TEE-RED", false), ("a*b*c", "axxbyyc", true), ("a*b*c", "acb", false),
            ("ab*ba", "aba", false), ("ab*ba", "abba", true), ("**", "x", true),
        ])
    func patterns(pattern: String, text: String, matches: Bool) {
        #expect(WildcardPattern(pattern).matches(text) == matches)
    }

    @Test("pauses double up to the longest, and are drawn between nothing and that")
    func pauses() {
        let policy = Backoff(initial: .milliseconds(100), maximum: .seconds(1))
        #expect(
            (1...6).map { policy.pause(afterFailures: $0, share: 1) }
                == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1)])
        #expect(policy.pause(afterFailures: 3, share: 0) == .zero)
        #expect(policy.pause(afterFailures: 10_000, share: 1) == .seconds(1))
    }
}
