import TallywireCore
import TallywireEngine

/// Commands that were handed in together, and their outcomes once all are there.
struct Decisions: Sendable {
    /// Whose command it is.
    struct Place: Sendable {
        let work: Int
        let task: Int
    }

    let places: [Place]
    let lane: CommandLane
    /// What became of each, in order.
    let outcomes: Promise<[Outcome]>

    /// Hands in the command of each place in order and in `lane`. `onChange` is called when everything is decided.
    init(
        _ places: [Place], from gateway: any CommandGateway, in lane: CommandLane, onChange: @escaping @Sendable () -> Void,
        _ command: (Place) -> Command
    ) {
        self.places = places
        self.lane = lane
        let outcomes = Promise<[Outcome]>(onChange: onChange)
        self.outcomes = outcomes
        gateway.submit(places.map(command), in: lane) { outcomes.set($0) }
    }
}
