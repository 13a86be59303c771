import Subprocess
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline

/// The sink `exec` in the mode `each`: a program for each event, one after the other, which gets the event on its standard input. Its
/// exit status says what became of the event.
final class EachSink: MeteredSink {
    /// The exit status of a program that will never take the event: `EX_DATAERR` of sysexits.h.
    static let rejected: Int32 = 65

    private struct State {
        var context: SinkContext?
        var log: ProgramLog?
        var counts = ExecCounts()
        var inFlight = 0
    }

    private let options: ExecOptions
    private let program: Program
    private let redaction: Redaction
    private let state = Mutex(State())

    init(_ options: ExecOptions) {
        self.options = options
        program = Program(options)
        redaction = Redaction(options.environment)
    }

    func start(_ context: SinkContext) async throws {
        if let problem = await program.problem() { throw SinkError.unavailable(problem) }
        state.withLock {
            $0.context = context
            $0.log = ProgramLog(context.logger, redaction: redaction, clock: .machine)
        }
    }

    var sinkMetrics: [SinkMetric] {
        let (counts, inFlight, log) = state.withLock { ($0.counts, $0.inFlight, $0.log) }
        return counts.metrics(inFlight: inFlight, leftOut: log?.leftOut ?? 0)
    }

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        guard case (let context?, let log?) = state.withLock({ ($0.context, $0.log) }) else { throw CancellationError() }
        var delivery = Delivery()
        var through: UInt64?
        for event in batch.records {
            if Task.isCancelled {
                guard let through else { throw CancellationError() }
                let reason = "the server stops before each event had its program"
                throw SinkError.interrupted(Interruption(through: through, delivery: delivery, reason: reason))
            }
            switch await handle(event, isReplay: batch.isReplay, context, log) {
            case .taken: state.withLock { $0.counts.acknowledged += 1 }
            case .rejected(let reason):
                state.withLock { $0.counts.rejected += 1 }
                delivery.rejected.append(Delivery.Rejected(seq: event.seq, reason: reason))
            case .failed(let reason):
                state.withLock { $0.counts.retries += 1 }
                guard let through else { throw SinkError.unavailable(reason) }
                throw SinkError.interrupted(Interruption(through: through, delivery: delivery, reason: reason))
            }
            through = event.seq
        }
        return delivery
    }

    private enum Result {
        case taken
        case rejected(String)
        case failed(String)
    }

    /// Runs the program for one event.
    private func handle(_ event: EventEnvelope, isReplay: Bool, _ context: SinkContext, _ log: ProgramLog) async -> Result {
        var line: [UInt8] = []
        event.writeLine(to: &line, isReplay: isReplay)
        log.begin()
        state.withLock {
            $0.counts.starts += 1
            $0.inFlight = 1
        }
        defer { state.withLock { $0.inFlight = 0 } }
        let own = ["TALLYWIRE_NAME": context.name, "TALLYWIRE_EPOCH": context.epoch]
        do {
            let result = try await Subprocess.run(
                program.configuration(own), input: .inputWriter, output: .discarded, error: .sequence
            ) { [line] running in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // A program need not read its event; its exit status alone says what became of it.
                        _ = try? await running.standardInputWriter.write(line)
                        await running.closeInput()
                    }
                    group.addTask { await log.read(running.standardError) }
                    await running.end(within: options.ackTimeout, grace: options.grace)
                    group.cancelAll()
                }
            }
            log.end()
            switch result.terminationStatus {
            case .exited(0): return .taken
            case .exited(Self.rejected): return .rejected(log.last ?? "the program ended with status \(Self.rejected)")
            case let status: return .failed("the program \(status.words)\(log.last.map { ": \($0)" } ?? "")")
            }
        } catch {
            return .failed(program.failure(error))
        }
    }
}
