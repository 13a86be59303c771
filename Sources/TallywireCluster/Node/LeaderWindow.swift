import Synchronization

/// Until when a node can be sure that no other node leads, as far as time tells. Safe from any thread.
///
/// What acts for the whole cluster outside of its log, such as the delivery to a sink, asks before it acts.
public final class LeaderWindow: Sendable {
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    public init() {}

    public var isOpen: Bool { end.withLock { $0.map { ContinuousClock.now < $0 } == true } }

    func set(until instant: ContinuousClock.Instant?) { end.withLock { $0 = instant } }
}
