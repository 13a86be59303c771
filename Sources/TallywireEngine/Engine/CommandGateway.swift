import TallywireCore

/// Where commands are handed in. The engine is one; a node that forwards to the writer could be another.
public protocol CommandGateway: Sendable {
    /// Hands in commands in their order and returns at once.
    ///
    /// `completion` is called exactly once, with one outcome for each command, in their order. Every outcome is on disk by then. The call
    /// comes on the writer's thread, or on the caller's when nothing was taken in; it must be short and must not block.
    ///
    /// A command that finds no room in the inbox is `overloaded`, and so is every command behind it in `commands`, so that none overtakes
    /// another. A journal that cannot write gives `unavailable`. In both cases nothing was applied.
    ///
    /// Commands of one caller are decided in the order of the calls. `lane` ties several calls together: what is handed in behind a command
    /// that was `overloaded` or `unavailable` in the same lane is refused for the same reason.
    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void)
}

extension CommandGateway {
    /// Hands in commands in their order and returns their outcomes, in the same order, when every one is on disk.
    public func submit(_ commands: [Command], in lane: CommandLane? = nil) async -> [Outcome] {
        await withCheckedContinuation { continuation in
            submit(commands, in: lane) { continuation.resume(returning: $0) }
        }
    }

    /// Hands in a command and returns its outcome, which is on disk by then.
    public func submit(_ command: Command) async -> Outcome { await submit([command])[0] }

    /// Hands in a command and returns at once; `completion` is called as for several.
    public func submit(_ command: Command, in lane: CommandLane? = nil, completion: @escaping @Sendable (Outcome) -> Void) {
        submit([command], in: lane) { completion($0[0]) }
    }
}
