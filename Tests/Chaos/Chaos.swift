import ArgumentParser
import Foundation
import TallywireTesting
import TestSupport

/// Kills, freezes and cuts off the nodes of a real cluster under load, and holds afterwards what it promises.
@main
struct Chaos: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: """
            Runs three nodes, three etcd and a broker in network namespaces under load, does to them what can happen, and checks that nothing was lost \
            or doubled. Prints what each fault cost, and ends with 1 if a promise was broken.
            """)

    @Option(help: "How often each fault is done; the rolling restart, the cuts and the full quota are done once.")
    var times = 3
    @Option(help: "Only these faults, by name: \(Fault.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: [Fault] = []
    @Option(help: "Scans a second over MQTT.") var scans = 300
    @Option(help: "HTTP writers, at random nodes.") var writers = 100
    @Option(help: "WebSocket clients, which go round the nodes.") var watchers = 500
    @Option(help: "The program.") var program = ".build/release/tallywire"
    @Option(help: "The folder in which everything is kept; a temporary one that goes if it is not given.") var folder: String?

    func run() async throws {
        let bed = try Bed(program: program, folder: folder)
        do {
            // Before the first event.
            let display = try await Display(Bed.brokerURL)
            try await bed.start()
            let load = try await Load(bed, display: display, scans: scans, writers: writers, watchers: watchers)
            var report = try await load.running { [only, times] in
                var report = Report()
                for fault in Fault.allCases where only.isEmpty || only.contains(fault) {
                    for turn in 0..<(fault.isRepeated ? times : 1) {
                        report.note(fault, turn, try await bed.perform(fault, turn, under: load))
                    }
                }
                return report
            }
            try await Verdict(bed, load).judge(&report)
            await bed.stop()
            say(report.text)
            if !report.broken.isEmpty { throw ExitCode(1) }
        } catch {
            await bed.stop()
            throw error
        }
    }
}

extension Fault: ExpressibleByArgument {}

/// What the faults cost, and which promises were broken.
struct Report: Sendable {
    private(set) var gaps: [Fault: [Double]] = [:]
    private(set) var broken: [String] = []
    var facts: [String] = []

    mutating func note(_ fault: Fault, _ turn: Int, _ gap: Writers.Gap) {
        gaps[fault, default: []].append(gap.seconds)
        let (seconds, begin) = (String(format: "%.3f", gap.seconds), String(format: "%.2f", gap.begin))
        say("\(fault.rawValue) \(turn + 1): \(seconds) s without an acknowledgement, from \(begin) s after it")
        if let limit = fault.limit, gap.seconds > limit {
            let meanwhile = gap.failures.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
            fail("\(fault.rawValue) \(turn + 1) took \(seconds) s, and \(limit) s are promised; meanwhile: \(meanwhile)")
        }
    }

    mutating func fail(_ what: String) {
        broken.append(what)
        say("BROKEN: \(what)")
    }

    var text: String {
        var lines = facts
        for fault in Fault.allCases {
            guard let all = gaps[fault]?.sorted(), let least = all.first, let most = all.last else { continue }
            let figures = [least, all[all.count / 2], most].map { String(format: "%.2f", $0) }
            lines.append("\(fault.rawValue): \(all.count) times, \(figures[0]) to \(figures[2]) s, median \(figures[1]) s")
        }
        lines.append(broken.isEmpty ? "every promise was kept" : "\(broken.count) promises were broken")
        return lines.joined(separator: "\n")
    }
}

/// Prints a line that can be read while the run goes on, also from a file.
private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
