import ArgumentParser
import EngineWorkload
import Foundation
import Logging
import SQLiteJournal
import TallywireCore
import TallywireEngine

/// Durable movements per second through engine and journal, against a bare SQLite loop that writes the same rows.
@main
struct EngineThroughput: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine-throughput",
        abstract: "Durable movements per second: engine and journal against a bare SQLite loop that writes the same rows.",
        discussion: """
            Both write to a new file in the same folder, in turns, with synchronous=FULL and the same batches. The engine decides, encodes, \
            checks ids and answers; the loop binds rows that an engine made before and does nothing else.
            """)

    @Option(help: "Movements in each run.") var movements = 200_000
    @Option(help: "Movements in each commit.") var batch = 1_000
    @Option(help: "Variants, which the movements take in turn.") var variants = 10_000
    @Option(help: "Runs of each.") var runs = 5
    @Option(help: "The folder for the files.") var folder = FileManager.default.temporaryDirectory.path
    @Flag(inversion: .prefixedNo, help: "Also measure sales: a reservation, a capture and a release each.") var sales = true
    @Option(help: "Fail if the engine reaches less than this share of the loop.") var atLeast = 0.0

    func run() throws {
        print("\(movements) movements in batches of \(batch) over \(variants) variants, \(runs) runs of each, in \(folder)")
        let engine = EngineRun(movements: movements, batch: batch, variants: variants, folder: folder)
        let bareLoop = BareLoop(try engine.record().workload, folder: folder)
        let bareSales = sales ? BareLoop(try engine.record(.sales).workload, folder: folder) : nil
        var shares: [Double] = []
        for run in 1...runs {
            let seconds = try engine.measure()
            let bare = try bareLoop.measure()
            let share = bare / seconds
            shares.append(share)
            print("run \(run): engine \(rate(seconds))/s, bare loop \(rate(bare))/s, share \(percent(share))")
            guard let bareSales else { continue }
            let (selling, bareSelling) = (try engine.measure(.sales), try bareSales.measure())
            print(
                """
                run \(run): sales, each reserved, captured and released: engine \(rate(selling))/s, \(percent(seconds / selling)) of \
                movements; bare loop \(rate(bareSelling))/s, \(percent(bare / bareSelling)); share \(percent(bareSelling / selling))
                """)
        }
        shares.sort()
        let median = shares[shares.count / 2]
        print("engine / bare loop: median \(percent(median)), from \(percent(shares[0])) to \(percent(shares[shares.count - 1]))")
        if median < atLeast {
            print("That is less than the \(percent(atLeast)) that were asked for.")
            throw ExitCode.failure
        }
    }

    private func rate(_ seconds: Double) -> String { String(format: "%.0f", Double(movements) / seconds) }
    private func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }
}
