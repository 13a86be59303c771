import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// A sink that keeps what it gets, and does with it what a test wants.
public final class RecordingSink: Sink {
    private struct State {
        var records: [EventEnvelope] = []
        var offers = 0
        var starts = 0
        var stops = 0
        var context: SinkContext?
    }

    /// Decides what becomes of an offer; throws to have it offered again.
    public typealias Behaviour = @Sendable (_ batch: EventBatch, _ offer: Int) async throws -> Delivery

    private let state = Mutex(State())
    private let behaviour: Mutex<Behaviour>
    private let startBehaviour: @Sendable (_ attempt: Int) async throws -> Void

    public init(
        start: @escaping @Sendable (_ attempt: Int) async throws -> Void = { _ in },
        deliver: @escaping Behaviour = { _, _ in Delivery() }
    ) {
        startBehaviour = start
        behaviour = Mutex(deliver)
    }

    /// What was taken, in order: each record as often as it was taken.
    public var seqs: [UInt64] { state.withLock { $0.records.map(\.seq) } }
    public var records: [EventEnvelope] { state.withLock { $0.records } }
    public var offers: Int { state.withLock { $0.offers } }
    public var starts: Int { state.withLock { $0.starts } }
    public var stops: Int { state.withLock { $0.stops } }
    public var context: SinkContext? { state.withLock { $0.context } }

    /// From now on offers are decided by `body`.
    public func behave(_ body: @escaping Behaviour) { behaviour.withLock { $0 = body } }

    public func start(_ context: SinkContext) async throws {
        let attempt = state.withLock { state in
            state.starts += 1
            state.context = context
            return state.starts
        }
        try await startBehaviour(attempt)
    }

    public func deliver(_ batch: EventBatch) async throws -> Delivery {
        let offer = state.withLock { state in
            state.offers += 1
            return state.offers
        }
        let decide = behaviour.withLock { $0 }
        do {
            let delivery = try await decide(batch, offer)
            let rejected = Set(delivery.rejected.map(\.seq))
            state.withLock { $0.records += batch.records.filter { !rejected.contains($0.seq) } }
            return delivery
        } catch SinkError.delivered(through: let seq, because: let reason) {
            state.withLock { $0.records += batch.records.filter { $0.seq <= seq } }
            throw SinkError.delivered(through: seq, because: reason)
        }
    }

    public func stop() async { state.withLock { $0.stops += 1 } }
}
