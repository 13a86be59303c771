import ArgumentParser
import ClusterSimulation
import Foundation
import Synchronization

/// Runs the simulation of a cluster with many seeds. The same seed gives the same run.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the simulation of a cluster. Prints each seed whose run broke a promise, and ends with 1 if there was one.")

    @Option(help: "How many seeds. A single one is told step by step.")
    var seeds: UInt64 = 2_000

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @Option(help: "Puts one mistake into the program: \(Simulation.Mutation.allCases.map(\.rawValue).joined(separator: ", ")).")
    var mutation: Simulation.Mutation?

    @Flag(help: "Puts in each mistake in turn, until a seed notices it. Ends with 1 if one is not noticed.")
    var mutations = false

    func run() throws {
        guard mutations else {
            let sum = try Sum.of(first..<first + seeds, mutation) { seed, outcome in
                if let fault = outcome.faults.first { print("seed \(seed): \(fault)") }
                return true
            }
            print(sum)
            if sum.failed > 0 { throw ExitCode(1) }
            return
        }
        var missed = 0
        for mutation in Simulation.Mutation.allCases {
            let sum = try Sum.of(first..<first + seeds, mutation) { seed, outcome in
                guard let fault = outcome.faults.first else { return true }
                print("\(mutation.rawValue), seed \(seed): \(fault.prefix(160))")
                return false
            }
            guard sum.failed == 0 else { continue }
            missed += 1
            print("\(mutation.rawValue) was not noticed in \(sum.runs) runs")
        }
        if missed > 0 { throw ExitCode(1) }
    }
}

extension Simulation.Mutation: ExpressibleByArgument {}

/// What many runs showed.
private struct Sum: CustomStringConvertible {
    var runs = 0
    var failed = 0
    var outcome = Simulation.Outcome()
    var error: (any Error)?
    let start = ContinuousClock.now

    /// Runs the seeds on all cores, until `goesOn` returns false for one.
    static func of(
        _ seeds: Range<UInt64>, _ mutation: Simulation.Mutation?, _ goesOn: @escaping @Sendable (UInt64, Simulation.Outcome) -> Bool
    ) throws -> Sum {
        let state = Mutex((next: seeds.lowerBound, sum: Sum()))
        DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
            while let seed = state.withLock({ state -> UInt64? in
                guard state.next < seeds.upperBound else { return nil }
                defer { state.next += 1 }
                return state.next
            }) {
                do {
                    let simulation = try Simulation(seed: seed, mutation: mutation)
                    if seeds.count == 1 { simulation.trace = { print($0) } }
                    let outcome = simulation.run()
                    state.withLock { state in
                        state.sum.add(outcome)
                        if !goesOn(seed, outcome) { state.next = seeds.upperBound }
                    }
                } catch {
                    state.withLock { state in
                        state.sum.error = error
                        state.next = seeds.upperBound
                    }
                }
            }
        }
        let sum = state.withLock { $0.sum }
        if let error = sum.error { throw error }
        return sum
    }

    private mutating func add(_ other: Simulation.Outcome) {
        runs += 1
        failed += other.faults.isEmpty ? 0 : 1
        outcome.events += other.events
        outcome.entries += other.entries
        outcome.terms += other.terms
        outcome.crashes += other.crashes
        outcome.lostAnswers += other.lostAnswers
        outcome.copies += other.copies
        outcome.trimmed += other.trimmed
        outcome.powerCuts += other.powerCuts
        outcome.recovery = max(outcome.recovery, other.recovery)
    }

    var description: String {
        "\(runs) seeds, \(failed) failed, in \(ContinuousClock.now - start): \(outcome.events) events in \(outcome.entries) entries, "
            + "\(outcome.terms) terms, \(outcome.crashes) crashes, \(outcome.powerCuts) power cuts of all nodes, \(outcome.lostAnswers) lost answers, "
            + "\(outcome.trimmed) entries trimmed, \(outcome.copies) copies of journals, slowest first entry after the last fault \(outcome.recovery)"
    }
}
