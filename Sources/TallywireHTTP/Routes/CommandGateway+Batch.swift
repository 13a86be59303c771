import Synchronization
import TallywireCore
import TallywireEngine

extension CommandGateway {
    /// Hands in `commands` in their order without waiting in between, and gives their outcomes in the same order once all are there.
    func submit(_ commands: [Command], in lane: CommandLane) async -> [Outcome] {
        guard !commands.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let gathered = GatheredOutcomes(count: commands.count, continuation)
            for (index, command) in commands.enumerated() {
                submit(command, in: lane) { gathered.put($0, at: index) }
            }
        }
    }
}

/// Outcomes that come in one by one, on whatever thread.
private final class GatheredOutcomes: Sendable {
    private struct State {
        var outcomes: [Outcome?]
        var missing: Int
    }

    private let state: Mutex<State>
    private let continuation: CheckedContinuation<[Outcome], Never>

    init(count: Int, _ continuation: CheckedContinuation<[Outcome], Never>) {
        state = Mutex(State(outcomes: Array(repeating: nil, count: count), missing: count))
        self.continuation = continuation
    }

    /// Puts one outcome in its place; the last one resumes the waiting request.
    func put(_ outcome: Outcome, at index: Int) {
        let all: [Outcome]? = state.withLock { state in
            state.outcomes[index] = outcome
            state.missing -= 1
            return state.missing == 0 ? state.outcomes.compactMap { $0 } : nil
        }
        if let all { continuation.resume(returning: all) }
    }
}
