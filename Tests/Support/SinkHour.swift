import Backoff
import Logging
import PipelineHost
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting

/// An hour in which the other side of a sink does everything wrong. The time is simulated: it passes while the runner pauses.
///
/// In each pause a command is submitted, and the next thing goes wrong. So nothing here depends on the machine's speed. After the hour
/// all is put right, and the sink has to catch up.
public final class SinkHour: Sendable {
    /// Something that goes wrong with the other side, and how it is put right.
    public struct Fault: Sendable {
        let name: String
        let times: Int
        let begin: @Sendable () async throws -> Void
        let end: @Sendable () async throws -> Void

        /// It happens in turn with the others, and at most so many times: what a sink waits for takes time of the test.
        public init(
            _ name: String, times: Int = .max, _ begin: @escaping @Sendable () async throws -> Void,
            end: @escaping @Sendable () async throws -> Void = {}
        ) {
            self.name = name
            self.times = times
            self.begin = begin
            self.end = end
        }
    }

    private struct State {
        var passed = Duration.zero
        var tries = 0
        /// The index of the fault that is there now, and how often each was there.
        var fault = 0
        var counts: [Int]
        /// Whether the hour has begun: before, the sink may need a try or two on a busy machine.
        var isBegun = false
        var isOver = false
        var mistakes: [String] = []
    }

    private static let length = Duration.seconds(3_600)
    /// More lines than this in an hour would fill a disk in a year.
    private static let lineLimit = 30

    private let engine: InventoryEngine
    private let faults: [Fault]
    private let check: @Sendable (SinkRunner) -> [String]
    private let folder: TemporaryFolder
    public let log = LineLog()
    private let state: Mutex<State>
    private let runner = Mutex<SinkRunner?>(nil)

    /// `check` returns what has grown beyond its limit; it is called in every pause.
    public init(_ faults: [Fault], check: @escaping @Sendable (SinkRunner) -> [String]) throws {
        engine = try InventoryEngine(journal: InMemoryJournal(), logger: log.logger)
        self.faults = faults
        state = Mutex(State(counts: faults.map { _ in 0 }))
        self.check = check
        folder = try TemporaryFolder()
    }

    /// What was wrong with the server, in words.
    public var mistakes: [String] { state.withLock { $0.mistakes } }
    /// How often the runner paused.
    public var tries: Int { state.withLock { $0.tries } }
    public var epoch: String { engine.journal.epoch }

    /// Plays the hour, and returns the last event's seq after the sink has taken it. `retry` says how many tries there are: with the
    /// default about 240, and with longer pauses fewer.
    public func play(_ sink: any Sink, named name: String, retry: Backoff = Backoff()) async throws -> UInt64 {
        let runner = SinkRunner(
            .init(
                name: name, plugin: name, mode: .durable, sink: sink, retry: retry,
                deadLetters: DeadLetterFile(path: folder.file("dead.jsonl"))),
            feed: engine.feed, journal: engine.journal, logger: log.logger, version: "0",
            clock: { [self] in Timestamp(milliseconds: Int64(state.withLock { $0.passed } / .milliseconds(1))) },
            sleep: { [self] pause in try await self.pause(for: pause) })
        self.runner.withLock { $0 = runner }
        async let run: Void = runner.run()
        await commit()
        try await eventually("the sink works", within: .seconds(60)) { runner.position == self.engine.feed.head }
        state.withLock { $0.isBegun = true }
        try await faults[0].begin()
        await commit()
        try await eventually("the hour is over", within: .seconds(200)) { self.state.withLock { $0.isOver } }
        try await eventually("all is delivered", within: .seconds(60)) { runner.report().counters.pending == 0 }
        let counters = runner.report().counters
        if counters.delivered != engine.feed.head || counters.dropped != 0 { note("not all was delivered: \(counters)") }
        await engine.stop()
        await run
        return engine.feed.head
    }

    private func note(_ mistake: String) { state.withLock { $0.mistakes.append(mistake) } }

    private func commit() async {
        let number = engine.feed.head
        let location = Location(code: "L\(number)", name: "Location \(number)")
        let outcome = await engine.submit(Command(source: "test", action: .createLocation(location)))
        if outcome.receipt == nil { note("a command was refused: \(outcome)") }
    }

    /// What happens while the runner pauses.
    private func pause(for duration: Duration) async throws {
        try Task.checkCancellation()
        let (fault, next) = state.withLock { state -> (Int?, Int?) in
            if state.isOver || !state.isBegun { return (nil, nil) }
            state.passed += duration
            state.tries += 1
            state.isOver = state.passed >= Self.length
            let fault = state.fault
            state.counts[fault] += 1
            repeat { state.fault = (state.fault + 1) % faults.count } while state.counts[state.fault] >= faults[state.fault].times
            return (fault, state.isOver ? nil : state.fault)
        }
        guard let fault else { return await Task.yield() }
        await commit()
        if let runner = runner.withLock({ $0 }) { lookAt(runner, fault: faults[fault].name) }
        try await faults[fault].end()
        if let next { try await faults[next].begin() }
    }

    private func lookAt(_ runner: SinkRunner, fault: String) {
        let report = runner.report()
        var grown = check(runner)
        if !report.counters.isConserved { grown.append("events are not conserved: \(report.counters)") }
        if report.counters.dropped > 0 { grown.append("\(report.counters.dropped) dead letters") }
        if report.lagEvents != engine.feed.head - report.position { grown.append("the lag is \(report.lagEvents)") }
        if runner.deliveries.recent.count > DeliveryLog.limit { grown.append("\(runner.deliveries.recent.count) tries are kept") }
        if log.lines.count > Self.lineLimit { grown.append("\(log.lines.count) lines were logged") }
        for mistake in grown { note("\(fault): \(mistake)") }
    }
}
