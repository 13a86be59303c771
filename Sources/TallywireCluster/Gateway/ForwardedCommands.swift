import Synchronization
import TallywireCore
import TallywireEngine

/// The commands of another node that a leader takes over one connection.
///
/// For one caller at a time.
public final class ForwardedCommands: Sendable {
    private struct Session {
        let number: UInt64
        let lane = CommandLane()
        /// Whether a command was refused since the log did not answer. What follows in the session must not overtake it.
        var isRefused = false
    }

    private let engine: InventoryEngine
    /// Whether the log answers. What a leader takes while it does not would wait, and nobody could say what became of it.
    private let logAnswers: @Sendable () -> Bool
    /// The session that is under way. A later one begins when everything of it is answered, or when the connection was lost.
    private let session = Mutex<Session?>(nil)

    init(engine: InventoryEngine, logAnswers: @escaping @Sendable () -> Bool) {
        self.engine = engine
        self.logAnswers = logAnswers
    }

    /// Hands in commands. `answer` is called once, as a completion of the engine.
    public func take(
        _ commands: [Command], ticket: UInt64, session number: UInt64, answer: @escaping @Sendable (ForwardedAnswer) -> Void
    ) {
        let isReachable = logAnswers()
        let lane = session.withLock { current -> CommandLane? in
            var session = current.flatMap { $0.number == number ? $0 : nil } ?? Session(number: number)
            if !isReachable { session.isRefused = true }
            current = session
            return session.isRefused ? nil : session.lane
        }
        guard let lane else {
            let outcomes = commands.map { _ in Outcome.rejected(Self.unreachable) }
            return answer(ForwardedAnswer(ticket: ticket, session: number, outcomes: outcomes))
        }
        engine.submit(commands, in: lane) { answer(ForwardedAnswer(ticket: ticket, session: number, outcomes: $0)) }
    }

    private static let unreachable = Rejection(
        .unavailable, "the log of the cluster does not answer at the moment, so nothing was applied: try again in a moment")
}
