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
    }

    let places: [Place]
    let lane: CommandLane
    /// What became of each, in order.
    let outcomes: Promise<[Outcome]>
    private let state: Mutex<State>

    /// Hands in the command of each place in order and in `lane`, all without waiting for one another. `onChange` is called when everything is decided.
    ///
    /// If the inbox is full the rest is not even tried, so that no command overtakes one before it: all from there on are `overloaded`.
    init(
        _ places: [Place], from gateway: any CommandGateway, in lane: CommandLane, onChange: @escaping @Sendable () -> Void,
        _ command: (Place) -> Command
    ) {
        self.places = places
        self.lane = lane
        outcomes = Promise(onChange: onChange)
        state = Mutex(State(outcomes: Array(repeating: nil, count: places.count), open: places.count))
        if places.isEmpty { outcomes.set([]) }
        for (index, place) in places.enumerated() {
            if let full = state.withLock({ $0.overload }) {
                set(index, full)
            } else {
                gateway.submit(command(place), in: lane) { self.set(index, $0) }
            }
        }
    }

    /// Whether the inbox was full.
    var isOverloaded: Bool { state.withLock { $0.overload != nil } }

    private func set(_ index: Int, _ outcome: Outcome) {
        let complete = state.withLock { state -> [Outcome]? in
            state.outcomes[index] = outcome
            state.open -= 1
            if case .rejected(let rejection) = outcome, rejection.code == .overloaded { state.overload = outcome }
            return state.open == 0 ? state.outcomes.compactMap(\.self) : nil
        }
        if let complete { outcomes.set(complete) }
    }
}
