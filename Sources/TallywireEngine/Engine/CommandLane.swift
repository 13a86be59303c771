import Synchronization

/// The commands of one caller that hang together, in order: none of them overtakes one that the journal could not take.
///
/// Whoever hands in several commands without waiting for each gives them one lane. When one is refused as `unavailable`, so are all that
/// were handed in behind it, whenever they reach the writer. The caller hands them in again, in their order, in a new lane.
///
/// Safe from any thread.
public final class CommandLane: Sendable {
    private let broken = Atomic(false)

    public init() {}

    /// Whether a command of this lane was refused as `unavailable`.
    public var isBroken: Bool { broken.load(ordering: .acquiring) }

    func breakOff() { broken.store(true, ordering: .releasing) }
}
