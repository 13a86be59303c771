import Logging
import Synchronization
import TallywireConfiguration
import TallywirePipeline

/// The sink `exec` in the mode `stream`: one program for all events, which acknowledges them.
///
/// The program lives in ``attend()``. A delivery gives its events to the running program, or has one started, and waits until the
/// program is done with all of them, or has ended. The end of the program is an error of the delivery, so the runner's pauses are those
/// between two starts.
final class StreamSink: MeteredSink {
    struct State {
        var machine: AckMachine
        var context: SinkContext?
        var log: ProgramLog?
        /// When the program got on last.
        var progress = Duration.zero
        /// How often it got on.
        var answers: UInt64 = 0
        /// Wakes whoever writes to the running program; `nil` if none runs.
        var writer: AsyncStream<Void>.Continuation?
        /// Wakes the delivery once it is over.
        var over: AsyncStream<Void>.Continuation?
        /// Why the program ended during the delivery.
        var failure: String?
    }

    let options: ExecOptions
    let program: Program
    let redaction: Redaction
    let clock: ExecClock
    let state: Mutex<State>
    private let starts = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(_ options: ExecOptions, clock: ExecClock = .machine) {
        self.options = options
        self.clock = clock
        program = Program(options)
        redaction = Redaction(options.environment)
        state = Mutex(State(machine: AckMachine(window: options.inFlight)))
    }

    func start(_ context: SinkContext) async throws {
        if let problem = await program.problem() { throw SinkError.unavailable(problem) }
        state.withLock {
            $0.context = context
            $0.log = ProgramLog(context.logger, redaction: redaction, clock: clock)
        }
    }

    var sinkMetrics: [SinkMetric] {
        let (machine, log) = state.withLock { ($0.machine, $0.log) }
        return machine.counts.metrics(inFlight: machine.inFlight, leftOut: log?.leftOut ?? 0)
    }

    // MARK: Delivering

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        let (over, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let writer = state.withLock { state in
            state.machine.beginDelivery(batch)
            state.over = ring
            state.failure = nil
            state.progress = clock.now()
            return state.writer
        }
        (writer ?? starts.continuation).yield()
        for await _ in over { break }
        let (ending, failure) = state.withLock { state in
            state.over = nil
            return (state.machine.endDelivery(), state.failure)
        }
        let delivery = Delivery(
            rejected: ending.rejected.map { Delivery.Rejected(seq: $0.seq, reason: redaction.clear($0.reason)) })
        if ending.isWhole { return delivery }
        if ending.through == nil, ending.pause == nil {
            guard let failure else { throw CancellationError() }
            throw SinkError.unavailable(failure)
        }
        let asked = ending.pause.map { "the program asked to be offered the rest again after \($0.configurationText)" }
        throw SinkError.interrupted(
            Interruption(
                through: ending.through, delivery: delivery, after: ending.pause,
                reason: failure ?? asked ?? "the server stops before the program has acknowledged the rest"))
    }

    // MARK: The program

    func attend() async {
        // The program is there before the first event is, and what is wrong with it is found at once.
        starts.continuation.yield()
        for await _ in starts.stream {
            guard case (let context?, let log?) = state.withLock({ ($0.context, $0.log) }) else { continue }
            let reason = redaction.clear(await run(context, log))
            log.end()
            let over = state.withLock { state in
                state.writer = nil
                state.failure = reason
                return state.over
            }
            over?.yield()
            if over == nil, !Task.isCancelled {
                context.logger.warning(
                    "The program of the sink is gone. The next event starts it again.", metadata: ["reason": "\(reason)"])
            }
        }
    }
}
