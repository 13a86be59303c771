import Foundation
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("A program for each event", .timeLimit(.minutes(1)))
struct EachSinkTests {
    let programs: ExecPrograms

    init() throws { programs = try ExecPrograms() }

    /// Reads its event and sets `n` to its seq.
    private static let reading = "read -r line; n=${line#*:}; n=${n%%,*}\n"

    @Test("0 is delivered, 65 is rejected with the last line of standard error, and anything else is tried again, in order")
    func statuses() async throws {
        let script =
            Self.reading + """
                echo $n >> tried
                [ $n = 2 ] && { echo first >&2; echo "no such shelf" >&2; exit 65; }
                [ $n = 4 ] && [ $(grep -c 4 tried) -lt 3 ] && { echo "busy" >&2; exit 75; }
                echo $n >> seen
                """
        let sink = EachSink(programs.shell(script))
        try await programs.run(sink) { sink in
            let first = await failure { try await sink.deliver(batch(1...6)) }?.interruption
            #expect(first?.through == 3 && first?.reason == "the program ended with status 75: busy")
            #expect(first?.delivery.rejected.map(\.seq) == [2] && first?.delivery.rejected.map(\.reason) == ["no such shelf"])
            let second = await failure { try await sink.deliver(batch(4...6)) }
            #expect(second?.interruption == nil && second?.reason == "the program ended with status 75: busy")
            let delivery = try await sink.deliver(batch(4...6))
            #expect(delivery.rejected.isEmpty)
        }
        #expect(programs.seqs == [1, 3, 4, 5, 6] && programs.lines("tried") == ["1", "2", "3", "4", "4", "4", "5", "6"])
        let metrics = Dictionary(uniqueKeysWithValues: sink.sinkMetrics.map { ($0.name, $0.value) })
        #expect(metrics["exec_starts_total"] == .counter(8) && metrics["exec_acknowledged_total"] == .counter(5))
        #expect(metrics["exec_rejected_total"] == .counter(1) && metrics["exec_retries_total"] == .counter(2))
    }

    @Test(
        "a program need not read its event, nor its input's end, and may close what it likes",
        arguments: ["exit 0", "exec <&-", "exec >&- 2>&-", "head -c 3 > /dev/null", "cat > /dev/null", "yes | head -c 1000000"])
    func careless(script: String) async throws {
        try await programs.run(EachSink(programs.shell(script))) { sink in
            let delivery = try await sink.deliver(batch(1...2))
            #expect(delivery.rejected.isEmpty)
        }
    }

    @Test(
        "a program that takes too long is ended, with what it started",
        arguments: ["echo $$ > pid; exec sleep 60", "trap '' TERM; echo $$ > pid; while :; do sleep 60; done"])
    func late(script: String) async throws {
        let options = programs.shell(script) {
            $0.ackTimeout = .milliseconds(300)
            $0.grace = .milliseconds(100)
        }
        try await programs.run(EachSink(options)) { sink in
            let error = await failure { try await sink.deliver(batch(1...1)) }
            #expect(error?.reason.contains("by signal") == true, "\(String(describing: error))")
        }
        let pids = programs.lines("pid").compactMap { Int32($0) }
        try await eventually("the program is gone") { !pids.contains(where: isRunning) }
    }

    @Test("a delivery that is cancelled says how far it came, and starts no further program")
    func cancelled() async throws {
        let script = Self.reading + "echo $n >> seen; while [ $n = 2 ] && [ ! -e go ]; do sleep 0.01; done"
        try await programs.run(EachSink(programs.shell(script) { $0.grace = .seconds(30) })) { sink in
            let error = await withTaskGroup(of: SinkError?.self) { group in
                group.addTask { await failure { try await sink.deliver(batch(1...5)) } }
                try? await eventually("the second program runs") { programs.seqs == [1, 2] }
                group.cancelAll()
                #expect(FileManager.default.createFile(atPath: programs.folder.file("go"), contents: nil))
                return await group.next() ?? nil
            }
            #expect(error?.interruption?.through == 2 && programs.seqs == [1, 2])
        }
    }

    @Test("what the program left running is ended with it")
    func left() async throws {
        let script = "(trap '' HUP TERM; sleep 60) & echo $! > pid"
        try await programs.run(EachSink(programs.shell(script))) { sink in _ = try await sink.deliver(batch(1...1)) }
        let pid = try #require(programs.lines("pid").first.flatMap { Int32($0) })
        try await eventually("the sleeping program is gone") { !isRunning(pid) }
    }
}
