import Synchronization
import TallywireCore
import TallywireEngine

/// The commands of another node that a leader takes over one connection.
///
/// For one caller at a time.
public final class ForwardedCommands: Sendable {
    private let engine: InventoryEngine
    /// The session that is under way. A later one begins when everything of it is answered, or when the connection was lost.
    private let lane = Mutex<(session: UInt64, lane: CommandLane)?>(nil)

    init(engine: InventoryEngine) { self.engine = engine }

    /// Hands in commands. `answer` is called once, as a completion of the engine.
    public func take(
        _ commands: [Command], ticket: UInt64, session: UInt64, answer: @escaping @Sendable (ForwardedAnswer) -> Void
    ) {
        let lane = lane.withLock { current in
            if current?.session != session { current = (session, CommandLane()) }
            return current?.lane
        }
        engine.submit(commands, in: lane) { answer(ForwardedAnswer(ticket: ticket, session: session, outcomes: $0)) }
    }
}
