import Testing

/// The engine's loop stepped by hand, with a seed that decides when who submits, when a commit ends, and whether it failed.
@Suite("The engine's loop, stepped")
struct EngineSimulationTests {
    @Test("whatever fails, is slow and is repeated: in order, once, answered after the commit", arguments: 1...UInt64(60))
    func simulate(seed: UInt64) throws {
        var simulation = try EngineSimulation(seed: seed)
        for _ in 0..<800 { try simulation.step() }
        try simulation.finish()
        #expect(simulation.failedCommits > 3 && simulation.ids.count > 60, "hardly anything happened")
    }
}
