import Synchronization
import TallywireCore

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
