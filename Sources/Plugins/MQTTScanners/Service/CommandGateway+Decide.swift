import Synchronization
import TallywireCore
import TallywireEngine

extension CommandGateway {
    /// Submits `commands` in order, all without waiting for one another, and waits for all outcomes.
    ///
    /// If the inbox is full the rest is not even tried, so that no command overtakes one before it: all from there on are `overloaded`.
    func decide(_ commands: [Command]) async -> [Outcome] {
        guard !commands.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let outcomes = Outcomes(count: commands.count, continuation)
            for (index, command) in commands.enumerated() {
                if let full = outcomes.overload {
                    outcomes.set(index, full)
                } else {
                    submit(command) { outcomes.set(index, $0) }
                }
            }
        }
    }
}

/// Outcomes as they come in.
private final class Outcomes: Sendable {
    private struct State {
        var outcomes: [Outcome?]
        var open: Int
        var overload: Outcome?
    }

    private let state: Mutex<State>
    private let continuation: CheckedContinuation<[Outcome], Never>

    init(count: Int, _ continuation: CheckedContinuation<[Outcome], Never>) {
        state = Mutex(State(outcomes: Array(repeating: nil, count: count), open: count))
        self.continuation = continuation
    }

    /// The refusal of the full inbox, if there was one.
    var overload: Outcome? { state.withLock { $0.overload } }

    func set(_ index: Int, _ outcome: Outcome) {
        let complete = state.withLock { state -> [Outcome]? in
            state.outcomes[index] = outcome
            state.open -= 1
            if case .rejected(let rejection) = outcome, rejection.code == .overloaded { state.overload = outcome }
            return state.open == 0 ? state.outcomes.compactMap(\.self) : nil
        }
        if let complete { continuation.resume(returning: complete) }
    }
}
