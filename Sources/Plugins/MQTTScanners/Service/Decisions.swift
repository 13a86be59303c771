import Synchronization
import TallywireCore
import TallywireEngine

/// Commands that were handed in together, and their outcomes once all are there.
final class Decisions: Sendable {
    /// Whose command it is.
    struct Place: Sendable {
        let work: Int
        let task: Int
    }

    private struct State {
        var outcomes: [Outcome?]
        var open: Int
        var overload: Outcome?
        var waiter: CheckedContinuation<[Outcome], Never>?
    }

    let places: [Place]
    private let state: Mutex<State>

    /// Hands in the command of each place in order, all without waiting for one another.
    ///
    /// If the inbox is full the rest is not even tried, so that no command overtakes one before it: all from there on are `overloaded`.
    init(_ places: [Place], from gateway: any CommandGateway, _ command: (Place) -> Command) {
        self.places = places
        state = Mutex(State(outcomes: Array(repeating: nil, count: places.count), open: places.count))
        for (index, place) in places.enumerated() {
            if let full = state.withLock({ $0.overload }) {
                set(index, full)
            } else {
                gateway.submit(command(place)) { self.set(index, $0) }
            }
        }
    }

    /// Whether the inbox was full.
    var isOverloaded: Bool { state.withLock { $0.overload != nil } }

    /// What became of each, in order, once everything is decided. For one reader.
    var outcomes: [Outcome] {
        get async {
            await withCheckedContinuation { continuation in
                let complete = state.withLock { state -> [Outcome]? in
                    guard state.open > 0 else { return state.outcomes.compactMap(\.self) }
                    state.waiter = continuation
                    return nil
                }
                if let complete { continuation.resume(returning: complete) }
            }
        }
    }

    private func set(_ index: Int, _ outcome: Outcome) {
        let complete = state.withLock { state -> (CheckedContinuation<[Outcome], Never>, [Outcome])? in
            state.outcomes[index] = outcome
            state.open -= 1
            if case .rejected(let rejection) = outcome, rejection.code == .overloaded { state.overload = outcome }
            guard state.open == 0, let waiter = state.waiter else { return nil }
            return (waiter, state.outcomes.compactMap(\.self))
        }
        if let (waiter, outcomes) = complete { waiter.resume(returning: outcomes) }
    }
}
