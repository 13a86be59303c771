import Synchronization
import TallywireCore

/// Commands that were handed in together, until each has its outcome.
///
/// The writer answers in the order in which it decides, so outcomes are only ever appended.
final class Submission: Sendable {
    private struct State {
        var outcomes: [Outcome] = []
        /// Why the commands from `accepted` on found no room.
        var overload: Rejection?
        /// How many of the commands reached the inbox.
        var accepted: Int
    }

    let commands: [Command]
    let lane: CommandLane?
    private let state: Mutex<State>
    private let completion: @Sendable ([Outcome]) -> Void

    init(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        self.commands = commands
        self.lane = lane
        self.completion = completion
        state = Mutex(State(accepted: commands.count))
    }

    /// Refuses the commands from `accepted` on. Called once at most, before the writer can see the others.
    func cut(at accepted: Int, _ rejection: Rejection) {
        state.withLock { state in
            state.accepted = accepted
            state.overload = rejection
        }
        if accepted == 0 { answer(EmptyCollection()) }
    }

    /// Takes the outcomes of the next commands, and calls the completion with the last of them.
    func answer(_ outcomes: some Collection<Outcome>) {
        let complete = state.withLock { state -> [Outcome]? in
            if state.outcomes.isEmpty { state.outcomes.reserveCapacity(commands.count) }
            state.outcomes += outcomes
            guard state.outcomes.count == state.accepted else { return nil }
            if let overload = state.overload {
                state.outcomes += repeatElement(.rejected(overload), count: commands.count - state.accepted)
            }
            return state.outcomes
        }
        if let complete { completion(complete) }
    }
}
