import ClusterSimulation
import Testing

/// A few seeds of what `make simulate` runs with many.
@Suite("A cluster in one thread, with everything that a seed thinks of")
struct SimulationTests {
    @Test("whatever fails, what was promised holds", arguments: 1...UInt64(24))
    func simulate(seed: UInt64) throws {
        let outcome = try Simulation(seed: seed).run()
        #expect(outcome.faults.isEmpty, "seed \(seed): \(outcome.faults.joined(separator: "; "))")
        #expect(outcome.entries > 10, "hardly anything happened")
        #expect(outcome.trimmed > 10, "leaders deleted hardly anything")
    }

    @Test("a mistake that is put in is noticed", arguments: [Simulation.Mutation.noHeadCompare, .nonceIgnored, .flushedIsApplied])
    func mutations(_ mutation: Simulation.Mutation) throws {
        let noticed = try (1...40).contains { try !Simulation(seed: UInt64($0), mutation: mutation).run().faults.isEmpty }
        #expect(noticed)
    }
}
