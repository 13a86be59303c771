import ArgumentParser
import EngineWorkload
import Foundation

/// Events per second that a follower of a cluster applies, beside the rate of an engine by itself.
@main
struct FollowerThroughput: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follower-throughput",
        abstract: "Events per second that a follower applies from a cluster's log, beside the engine's own rate.",
        discussion: """
            An engine makes batches of movements, each with its answer. The follower reads their entries from memory as they stand in the \
            log, and applies them to a new SQLite journal with synchronous=NORMAL, as a node of a cluster does. The engine writes the \
            same movements to a new journal with synchronous=FULL, in turns with the follower.
            """)

    @Option(help: "Movements in each run.") var movements = 100_000
    @Option(help: "Movements in each entry, and in each commit of the engine.") var batch = 1_000
    @Option(help: "Variants, which the movements take in turn.") var variants = 10_000
    @Option(help: "Runs of each.") var runs = 5
    @Option(help: "The folder for the files.") var folder = FileManager.default.temporaryDirectory.path
    @Option(help: "Fail if the follower's median is less than this many events a second.") var atLeast = 0.0

    func run() throws {
        print("\(movements) movements in entries of \(batch) over \(variants) variants, \(runs) runs of each, in \(folder)")
        let engine = EngineRun(movements: movements, batch: batch, variants: variants, folder: folder)
        let follower = try FollowerRun(try engine.record(), folder: folder)
        var rates: [Double] = []
        for run in 1...runs {
            let applied = try follower.measure()
            let committed = Double(movements) / (try engine.measure())
            rates.append(Double(follower.events) / applied.seconds)
            print(
                """
                run \(run): follower \(text(rates[run - 1])) events/s (µs an event: reading entries \(each(applied.reading)), journal \
                \(each(applied.storing)), all \(each(applied.seconds))), engine \(text(committed)) movements/s
                """)
        }
        rates.sort()
        let median = rates[rates.count / 2]
        print("follower: median \(text(median)) events/s, from \(text(rates[0])) to \(text(rates[rates.count - 1]))")
        if median < atLeast {
            print("That is less than the \(text(atLeast)) that were asked for.")
            throw ExitCode.failure
        }

        func each(_ seconds: Double) -> String { String(format: "%.1f", seconds / Double(follower.events) * 1e6) }
    }

    private func text(_ rate: Double) -> String { String(format: "%.0f", rate) }
}
