import ArgumentParser
import ExecPlugin
import Foundation
import PipelineHost
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireTesting

/// What the acknowledgements of `exec` cost: the sink beside a bare loop that writes the same lines to the same program and reads what it
/// answers, in turns.
@main
struct ExecThroughput: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec-throughput", abstract: "Events a second through a program, by the sink exec and by a bare loop.")

    @Option(help: "Events in each run.") var events = 200_000
    @Option(help: "Runs of each.") var runs = 5
    @Option(help: "Events in one delivery, as a runner gives them.") var batch = 1_000
    @Flag(help: "Have the program acknowledge every line by itself, instead of all that it has read.") var eachLine = false

    func run() async throws {
        let samples = SinkConformance.samples(events)
        let lines = samples.map { Array("{\"seq\":\($0.seq),\"event\":".utf8) + $0.json + Array("}\n".utf8) }
        print(
            "\(events) events of \(lines.reduce(0) { $0 + $1.count } / events) bytes, \(eachLine ? "each line" : "each reading") acknowledged"
        )
        var ratios: [Double] = []
        for run in 1...runs {
            let bare = try await bareLoop(lines)
            let sink = try await sink(samples)
            ratios.append(sink / bare)
            print("run \(run): bare loop \(Int(bare)) events a second, sink \(Int(sink)), \(Int(100 * sink / bare)) %")
        }
        print("median \(Int(100 * ratios.sorted()[runs / 2])) % of the bare loop")
    }

    /// Acknowledges the last line of each reading, or each line.
    private var program: String {
        let answer =
            eachLine
            ? #"os.write(1, b"".join(b'{"ack":' + line[7:line.index(b",")] + b"}\n" for line in lines))"#
            : #"os.write(1, b'{"ack":' + lines[-1][7:lines[-1].index(b",")] + b"}\n")"#
        return """
            import os
            os.write(1, b'{"tallywire":1}\\n')
            rest = b""
            while True:
                piece = os.read(0, 1 << 16)
                if not piece: break
                lines = (rest + piece).split(b"\\n")
                rest = lines.pop()
                if lines: \(answer)
            """
    }

    private func sink(_ samples: [EventEnvelope]) async throws -> Double {
        let options: ConfigurationValue = [
            "command": ["python3", "-c", ConfigurationValue(.string(program))], "environment": [:], "mode": "stream",
            "inFlight": 1000, "ackTimeout": ConfigurationValue(.duration(.seconds(30))),
            "grace": ConfigurationValue(.duration(.seconds(5))),
        ]
        let entry = SinkEntry(name: "exec", type: .exec, deadLetter: "", options: options)
        var rate = 0.0
        try await SinkConformance.run(try entry.makeSink(), in: SinkConformance.context(cursor: nil)) { sink in
            // The program starts with the first delivery at the latest.
            _ = try await sink.deliver(EventBatch(records: [samples[0]]))
            let time = try await ContinuousClock().measure {
                for start in stride(from: 1, to: samples.count, by: batch) {
                    _ = try await sink.deliver(EventBatch(records: Array(samples[start..<min(start + batch, samples.count)])))
                }
            }
            rate = Double(samples.count) / (time / .seconds(1))
        }
        return rate
    }

    private func bareLoop(_ lines: [[UInt8]]) async throws -> Double {
        let (input, output, process) = (Pipe(), Pipe(), Process())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let answers = output.fileHandleForReading
        _ = answers.availableData
        let writer = Thread {
            var bytes: [UInt8] = []
            for line in lines {
                bytes += line
                if bytes.count >= 1 << 16 {
                    input.fileHandleForWriting.write(Data(bytes))
                    bytes.removeAll(keepingCapacity: true)
                }
            }
            input.fileHandleForWriting.write(Data(bytes))
            try? input.fileHandleForWriting.close()
        }
        let time = ContinuousClock().measure {
            writer.start()
            while !answers.availableData.isEmpty {}
        }
        process.waitUntilExit()
        return Double(lines.count) / (time / .seconds(1))
    }
}
