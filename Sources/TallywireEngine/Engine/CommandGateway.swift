import Synchronization
import TallywireCore

/// Where commands are handed in. The engine is one; a node that forwards to the writer could be another.
public protocol CommandGateway: Sendable {
    /// Hands in commands in their order and returns at once.
    ///
    /// `completion` is called exactly once, with one outcome for each command, in their order. Every outcome is on disk by then.
    /// The call comes on the writer's thread, or on the caller's when no command was taken in. `completion` must be short and must
    /// not block.
    ///
    /// A command that finds no room in the inbox is refused as `overloaded`. So is every later command in `commands`, so that none
    /// overtakes another. When the journal cannot write, commands are refused as `unavailable`. In both cases nothing was applied.
    /// When nobody can say whether a command was applied, it is refused as `unknown`: the disk failed in the middle of a commit, or
    /// a node to which the command was forwarded did not answer in time. The caller hands it in again, with the same id.
    ///
    /// Commands of one caller are decided in the order of the calls. `lane` ties several calls together: once a command of a lane
    /// was refused as `overloaded`, `unavailable` or `unknown`, every later command in the same lane is refused. A later command is
    /// refused as `overloaded` or `unavailable` if it was never applied, and as `unknown` if it may have been, as one that was
    /// forwarded or committed together with the first.
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

    /// Hands in a command and returns at once. `completion` is called as for several commands.
    public func submit(_ command: Command, in lane: CommandLane? = nil, completion: @escaping @Sendable (Outcome) -> Void) {
        submit([command], in: lane) { completion($0[0]) }
    }
}

/// The commands of one caller that belong together, in order: none of them overtakes one that was not taken.
///
/// A caller that hands in several batches without waiting for each gives them one lane. When a command is refused as `overloaded`,
/// `unavailable` or `unknown`, so are all that were handed in after that command, whenever they reach the writer. The caller hands
/// them in again, in their order and with their ids, in a new lane. A command that was `unknown` is then a `duplicate` if it was
/// applied. So nothing overtakes it: what came after it in the lane was applied after it or not at all.
///
/// Safe from any thread.
public final class CommandLane: Sendable {
    private let full = Atomic(false)
    private let unwritten = Atomic(false)

    public init() {}

    /// Whether a command of this lane was refused as `overloaded`, `unavailable` or `unknown`.
    public var isBroken: Bool { isFull || isUnwritten }

    /// Whether a command of this lane found no room. The inbox checks this when it takes commands in, so that commands taken in
    /// before are still decided.
    var isFull: Bool { full.load(ordering: .acquiring) }

    /// Whether a command of this lane could not be written. The writer checks this when it decides, since later commands may have
    /// been taken in by then.
    var isUnwritten: Bool { unwritten.load(ordering: .acquiring) }

    /// Ends the lane: a command of it was refused, or nobody knows what became of it.
    package func refuse() { refuseAtWriter() }

    func refuseAtInbox() { full.store(true, ordering: .releasing) }

    func refuseAtWriter() { unwritten.store(true, ordering: .releasing) }
}
