import Synchronization
import TallywireCore
import TallywireEngine

/// A gateway that takes the first half of each list, and refuses the rest once as a full inbox does.
final class FailingGateway: CommandGateway {
    private let engine: InventoryEngine

    init(_ engine: InventoryEngine) { self.engine = engine }

    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        guard commands.count > 1 else { return engine.submit(commands, in: lane, completion: completion) }
        let (taken, rest) = (commands.prefix(commands.count / 2), commands.dropFirst(commands.count / 2))
        engine.submit(Array(taken), in: lane) { outcomes in
            completion(outcomes + rest.map { _ in .rejected(Rejection(.overloaded, "the inbox is full")) })
        }
    }
}
