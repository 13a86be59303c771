import Backoff
import Foundation
import Logging
import PipelineHost
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("An hour with a program that does everything wrong", .timeLimit(.minutes(2)))
struct HourTests {
    /// Each start of the program does the next thing wrong, until the file `repaired` is there.
    private static let script = """
        if [ -e repaired ]; then
        \(ExecPrograms.acknowledging)
        exit
        fi
        start=$(cat starts 2>/dev/null || echo 0); echo $((start + 1)) > starts
        case $((start % 8)) in
            0) exec sleep 600 ;;
            1) echo '{"tallywire":1}'; exec sleep 600 ;;
            2) echo '{"tallywire":1}'; exec cat > /dev/null ;;
            3) echo '{"tallywire":1}'; exec yes ;;
            4) exec yes >&2 ;;
            5) echo '{"tallywire":1}'; read -r line; exit 3 ;;
            6) echo '{"tallywire":1}'; exec yes '{"log":"still here"}' ;;
            7) echo '{"tallywire":1}'; exec tr '\\\\0' x < /dev/zero ;;
        esac
        """

    @Test("nothing grows but the lag, and commands are answered as before; then everything is delivered, in order")
    func hour() async throws {
        let programs = try ExecPrograms()
        let time = SimulatedTime()
        let engine = try InventoryEngine(journal: InMemoryJournal(), logger: Logger(label: "test"))
        let sink = StreamSink(programs.shell(Self.script) { $0.grace = .milliseconds(20) }, clock: time.clock)
        let runner = SinkRunner(
            .init(
                name: "shop", plugin: "exec", mode: .durable, sink: sink,
                retry: Backoff(initial: .milliseconds(1), maximum: .milliseconds(5)),
                deadLetters: DeadLetterFile(path: programs.folder.file("dead.jsonl"))),
            feed: engine.feed, journal: engine.journal, logger: programs.log.logger, version: "0",
            clock: { Timestamp(milliseconds: 0) })
        async let run: Void = runner.run()

        let commit = { (number: Int) in
            await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
        for number in 1...360 {
            #expect(await commit(number).receipt != nil)
            time.advance(by: .seconds(10))
            let state = sink.state.withLock { $0.machine }
            #expect(state.inFlight <= 1_000 && state.counts.acknowledged == 0)
            try await Task.sleep(for: .milliseconds(5))
        }
        try await eventually("the program did everything wrong once") {
            time.advance(by: .seconds(10))
            return sink.state.withLock { $0.machine.counts.starts } > 8
        }
        #expect(runner.report().counters.isConserved && runner.report().lagEvents > 360 && runner.position == 0)
        // What yes writes in that time are millions of lines.
        let (words, seconds) = (programs.log.lines.count { $0.contains("The program writes") }, time.clock.now() / .seconds(1))
        #expect(words > 0 && Double(words) <= 100 + 20 * seconds, "\(words) lines in \(seconds) s")
        #expect(try #require(sink.state.withLock { $0.log }).leftOut > 0)

        #expect(FileManager.default.createFile(atPath: programs.folder.file("repaired"), contents: nil))
        try await eventually("all is delivered") {
            time.advance(by: .seconds(1))
            return runner.report().counters.pending == 0
        }
        await engine.stop()
        await run
        let head = engine.feed.head
        #expect(head > 360 && programs.seqs == Array(1...head))
        let counters = runner.report().counters
        #expect(counters.isConserved && counters.delivered == head && counters.dropped == 0)
    }
}
