import Synchronization
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

/// The commands of one caller that belong together, in order: none of them overtakes one that was not taken.
///
/// A caller that hands in several batches without waiting for each gives them one lane. When a command is refused as `overloaded` or
/// `unavailable`, so are all that were handed in behind it, whenever they reach the writer. The caller hands them in again, in their order,
/// in a new lane.
///
/// Safe from any thread.
public final class CommandLane: Sendable {
    private let full = Atomic(false)
    private let unwritten = Atomic(false)

    public init() {}

    /// Whether a command of this lane was refused as `overloaded` or `unavailable`.
    public var isBroken: Bool { isFull || isUnwritten }

    /// Whether a command of this lane found no room. Asked where commands are taken in, so that those before it are still decided.
    var isFull: Bool { full.load(ordering: .acquiring) }

    /// Whether a command of this lane could not be written. Asked where commands are decided, since by then some behind it were taken in.
    var isUnwritten: Bool { unwritten.load(ordering: .acquiring) }

    func refuseAtTheDoor() { full.store(true, ordering: .releasing) }

    func refuseAtTheWriter() { unwritten.store(true, ordering: .releasing) }
}
