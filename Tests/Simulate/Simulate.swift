import ClusterSimulation
import Foundation

/// Runs the simulation of a cluster with many seeds: `simulate COUNT [FIRST] [MUTATION]`. Prints each seed whose run broke a promise,
/// and ends with 1 if there was one. A single seed is told step by step. The same seed gives the same run.
@main
struct Simulate {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let count = arguments.first.flatMap { UInt64($0) } ?? 2_000
        let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
        let mutation = try arguments.dropFirst(2).first.map { name in
            guard let mutation = Simulation.Mutation(rawValue: name) else { throw Unknown(name: name) }
            return mutation
        }
        var failed = 0
        var sum = Simulation.Outcome()
        var slowest = Duration.zero
        let start = ContinuousClock.now
        for seed in first..<first + count {
            let simulation = try Simulation(seed: seed, mutation: mutation)
            // Whoever runs a single seed wants to know what happens in it.
            if count == 1 { simulation.trace = { print($0) } }
            let outcome = simulation.run()
            if let fault = outcome.faults.first {
                failed += 1
                print("seed \(seed): \(fault)")
            }
            sum.events += outcome.events
            sum.entries += outcome.entries
            sum.terms += outcome.terms
            sum.crashes += outcome.crashes
            sum.lostAnswers += outcome.lostAnswers
            sum.copies += outcome.copies
            slowest = max(slowest, outcome.recovery)
        }
        print(
            "\(count) seeds, \(failed) failed, in \(ContinuousClock.now - start): \(sum.events) events in \(sum.entries) entries, "
                + "\(sum.terms) terms, \(sum.crashes) crashes, \(sum.lostAnswers) lost answers, \(sum.copies) copies of journals, "
                + "slowest first entry after the last fault \(slowest)")
        if failed > 0 { exit(1) }
    }

    private struct Unknown: Error, CustomStringConvertible {
        let name: String
        var description: String {
            "“\(name)” is no mutation: \(Simulation.Mutation.allCases.map(\.rawValue).joined(separator: ", "))"
        }
    }
}
