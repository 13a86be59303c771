import TallywireCore

/// Where commands are handed in. The engine is one; a follower that forwards to the writer could be another.
public protocol CommandGateway: Sendable {
    /// Hands in a command and waits for its outcome, which is on disk when this returns.
    ///
    /// It does not throw: a full inbox gives the rejection `overloaded`, a journal that cannot write `unavailable`, and in both
    /// cases nothing was applied. Commands of one caller are decided in the order of their calls.
    func submit(_ command: Command) async -> Outcome

    /// Hands in a command and returns at once; `completion` is called exactly once, with an outcome that is on disk. It runs on
    /// the writer's thread, or on the caller's if the inbox is full, and must be short and must not block.
    func submit(_ command: Command, completion: @escaping @Sendable (Outcome) -> Void)

    /// The same for one of several commands that hang together: what is handed in behind one that is refused as `unavailable` in the same
    /// lane is refused too.
    func submit(_ command: Command, in lane: CommandLane, completion: @escaping @Sendable (Outcome) -> Void)
}

extension CommandGateway {
    /// Hands the command in as if it stood alone, for gateways that refuse nothing in the middle.
    public func submit(_ command: Command, in lane: CommandLane, completion: @escaping @Sendable (Outcome) -> Void) {
        submit(command, completion: completion)
    }
}
