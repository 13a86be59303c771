import Backoff
import Logging
import PipelineHost
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@testable import TallywirePipeline

@Suite("The runner of a source")
struct SourceRunnerTests {
    /// A source that fails thirty times, each time after ten seconds; then it ends.
    private final class FailingSource: Source {
        let clock = ManualClock()
        private let failures = Atomic(0)

        func run(_ context: SourceContext) async throws {
            clock.advance(by: 10_000)
            if failures.wrappingAdd(1, ordering: .relaxed).newValue <= 30 { throw SinkError.unavailable("broken") }
        }
    }

    @Test("a failure after a good run is the first in a row, so the pauses stay short", .timeLimit(.minutes(1)))
    func stable() async throws {
        let source = FailingSource()
        let journal = InMemoryJournal()
        let engine = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        let runner = SourceRunner(
            .init(name: "source", plugin: "failing", source: source),
            gateway: engine, journal: journal, defaultLocation: "MAIN",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), version: "0",
            retry: Backoff(initial: .milliseconds(1), maximum: .seconds(3600)), clock: { source.clock.now })
        // Thirty failures in a row would be hours of pauses.
        await runner.run()
        #expect(runner.report().status.state == "stopped" && runner.report().status.lastError == "broken")
        await engine.stop()
    }
}
