import TallywireTesting
import Testing

@Suite("The log in memory")
struct SimulatedLogTests {
    @Test("does what every log has to do", .timeLimit(.minutes(1)), arguments: ReplicatedLogConformance.checks)
    func conformance(check: ReplicatedLogConformance) async throws {
        let shared = SimulatedLog.Shared()
        try await check.run(.init(make: { SimulatedLog(shared) }, refusedBytes: SimulatedLog.limit + 1))
    }
}
