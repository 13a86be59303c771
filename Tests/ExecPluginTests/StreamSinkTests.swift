import Foundation
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("One program for all events", .timeLimit(.minutes(1)))
struct StreamSinkTests {
    let programs: ExecPrograms

    init() throws { programs = try ExecPrograms() }

    @Test("the program gets each event as a line, with its seq")
    func lines() async throws {
        let script = "echo '{\"tallywire\":1}'; read -r a; echo \"$a\" > seen; echo '{\"ack\":1}'; cat > /dev/null"
        try await programs.run(StreamSink(programs.shell(script))) { sink in
            let events = batch(1...1)
            let delivery = try await sink.deliver(events)
            #expect(delivery.rejected.isEmpty)
            let json = String(decoding: events.records[0].json, as: UTF8.self)
            #expect(programs.lines() == ["{\"seq\":1,\"event\":\(json)}"])
        }
    }

    @Test("rejected events are dead letters with the program's reason, and the others are delivered")
    func rejected() async throws {
        let script = """
            echo '{"tallywire":1}'
            while read -r line; do
                n=${line#*:}; n=${n%%,*}
                if [ $((n % 2)) = 0 ]; then echo "{\\"reject\\":$n,\\"reason\\":\\"$n is even\\"}"; else echo "{\\"ack\\":$n}"; fi
            done
            """
        let sink = StreamSink(programs.shell(script))
        try await programs.run(sink) { sink in
            let delivery = try await sink.deliver(batch(1...4))
            #expect(delivery.rejected.map(\.seq) == [2, 4] && delivery.rejected.map(\.reason) == ["2 is even", "4 is even"])
        }
        let metrics = Dictionary(uniqueKeysWithValues: sink.sinkMetrics.map { ($0.name, $0.value) })
        #expect(metrics["exec_starts_total"] == .counter(1) && metrics["exec_acknowledged_total"] == .counter(2))
        #expect(metrics["exec_rejected_total"] == .counter(2) && metrics["exec_in_flight"] == .gauge(0))
    }

    @Test("what the program asks for again is offered again, after the pause that it asks for")
    func retry() async throws {
        let script = """
            echo '{"tallywire":1}'
            while read -r line; do
                n=${line#*:}; n=${n%%,*}
                if [ -n "$waiting" ] && [ $n != $waiting ]; then continue; fi
                if [ $n = 3 ] && [ -z "$waiting" ]; then waiting=3; echo '{"retry":3,"after":"2s"}'; continue; fi
                waiting=
                echo $n >> seen; echo "{\\"ack\\":$n}"
            done
            """
        try await programs.run(StreamSink(programs.shell(script))) { sink in
            let interruption = await failure { try await sink.deliver(batch(1...5)) }?.interruption
            #expect(interruption?.through == 2 && interruption?.after == .seconds(2))
            #expect(interruption?.reason.contains("after 2s") == true)
            let delivery = try await sink.deliver(batch(3...5))
            #expect(delivery.rejected.isEmpty)
        }
        #expect(programs.seqs == [1, 2, 3, 4, 5])
    }

    @Test("a program that ends is an error that says how, and the next delivery starts it again")
    func ends() async throws {
        let script = """
            echo '{"tallywire":1}'
            read -r line; n=${line#*:}; n=${n%%,*}
            echo $n >> seen; echo "{\\"ack\\":$n}"
            echo "the shelf is gone" >&2
            exit 3
            """
        try await programs.run(StreamSink(programs.shell(script))) { sink in
            for first in 1...3 {
                let interruption = await failure { try await sink.deliver(batch(first...9)) }?.interruption
                #expect(interruption?.through == UInt64(first))
                #expect(interruption?.reason == "the program ended with status 3: the shelf is gone")
            }
        }
        #expect(programs.seqs == [1, 2, 3])
        #expect(programs.log.lines.contains { $0.contains("the shelf is gone") })
    }

    @Test(
        "a program that does not speak the protocol is ended, with its line in the error",
        arguments: [
            (#"echo hello; cat"#, "“hello”"), (#"echo '{"ack":1}'; cat"#, "the first line"),
            (#"echo '{"tallywire":9}'; cat"#, "speaks version 1"),
            (#"echo '{"tallywire":1}'; echo '{"ack":7}'; cat"#, "acknowledged 7"),
            (#"echo '{"tallywire":1}'; read -r l; echo nonsense; cat > /dev/null"#, "“nonsense”"),
            (#"echo '{"tallywire":1}'; yes yes"#, "“yes”"),
            (#"echo '{"tallywire":1}'; tr '\0' x < /dev/zero"#, "a line of more than 65536 bytes"),
            (#"kill -9 $$"#, "was ended by signal 9"), (#"exec /nonexistent/program"#, "ended with status 127"),
            (#"echo '{"tallywire":1}'; exec >&-; exec <&-; exit 4"#, "ended with status 4"),
        ])
    func nonsense(script: String, expected: String) async throws {
        let options = programs.shell(script) { $0.grace = .milliseconds(100) }
        try await programs.run(StreamSink(options)) { sink in
            let error = await failure { try await sink.deliver(batch(1...3)) }
            #expect(error?.reason.contains(expected) == true, "\(String(describing: error))")
        }
    }

    @Test(
        "a program that does not get on is ended after `ackTimeout`, and not before",
        arguments: [
            #"echo hi >&2; cat"#, #"echo '{"tallywire":1}'; exec sleep 60"#, #"echo '{"tallywire":1}'; cat > /dev/null"#,
            #"echo '{"tallywire":1}'; while :; do echo '{"log":"busy"}'; sleep 0.01; done"#,
        ])
    func silent(script: String) async throws {
        let time = SimulatedTime()
        let sink = StreamSink(programs.shell(script) { $0.grace = .milliseconds(50) }, clock: time.clock)
        try await programs.run(sink) { _ in
            let error = try await withThrowingTaskGroup(of: SinkError?.self) { group in
                group.addTask { await failure { try await sink.deliver(batch(1...1_500)) } }
                try await eventually("the program has events, or did not greet") {
                    sink.state.withLock { $0.machine.inFlight > 0 || $0.log?.last == "hi" }
                }
                time.advance(by: .milliseconds(29_999))
                #expect(sink.state.withLock { $0.failure } == nil)
                time.advance(by: .milliseconds(1))
                return try await group.next() ?? nil
            }
            #expect(error?.reason.contains("did not get on for 30s") == true, "\(String(describing: error))")
        }
    }

    @Test("what the program started ends with it, also what ignores signals")
    func group() async throws {
        let script = """
            (trap '' TERM; echo $$ > /dev/null; sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 60; done') &
            echo $$ > leader
            echo '{"tallywire":1}'
            while read -r line; do n=${line#*:}; echo "{\\"ack\\":${n%%,*}}"; done
            """
        try await programs.run(StreamSink(programs.shell(script))) { sink in
            let delivery = try await sink.deliver(batch(1...1))
            #expect(delivery.rejected.isEmpty)
            try await eventually("the grandchild is there") { !programs.lines("child").isEmpty }
        }
        let pids = (programs.lines("child") + programs.lines("leader")).compactMap { Int32($0) }
        #expect(pids.count == 2)
        try await eventually("both are gone") { !pids.contains(where: isRunning) }
    }

    @Test("at the end the program's standard input is closed, and it has its time to end by itself")
    func stop() async throws {
        let options = programs.shell(ExecPrograms.acknowledging + "\necho done >> seen") { $0.grace = .seconds(30) }
        let start = ContinuousClock.now
        try await programs.run(StreamSink(options)) { sink in _ = try await sink.deliver(batch(1...2)) }
        #expect(programs.lines() == ["1", "2", "done"] && start.duration(to: .now) < .seconds(20))
    }

    @Test("a program that is away is found at the start, and the error says what to do")
    func away() async throws {
        for (command, expected) in [
            ("no-such-program-here", "in the server's PATH"), ("/no/such/file", "is not there"), ("/etc/passwd", "chmod +x"),
            ("/etc", "no file that can be executed"),
        ] {
            let options = programs.options([command])
            let error = await failure {
                try await programs.run(StreamSink(options)) { _ in }
                return Delivery()
            }
            #expect(error?.reason.contains(expected) == true, "\(String(describing: error))")
            #expect(await options.problems().map(\.path) == [["command"]])
        }
        #expect(await programs.options(["sh"]).problems().isEmpty)
    }

    @Test("a delivery that is cancelled says how far it came")
    func cancelled() async throws {
        let script = "echo '{\"tallywire\":1}'; read -r a; echo '{\"ack\":1}'; cat > /dev/null"
        try await programs.run(StreamSink(programs.shell(script))) { sink in
            let error = await withTaskGroup(of: SinkError?.self) { group in
                group.addTask { await failure { try await sink.deliver(batch(1...3)) } }
                try? await eventually("the first is acknowledged") {
                    (sink as? StreamSink)?.state.withLock { $0.machine.counts.acknowledged } == 1
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.interruption?.through == 1)
        }
    }
}
