import Synchronization

/// Whether commands are taken in at all: closed while something outside of the engine, such as a disk that is nearly full, stands against
/// it. Safe from any thread.
public final class WriteGate: Sendable {
    private let isOpen = Atomic(true)
    private let text = Mutex<String?>(nil)

    public init() {}

    /// Why no command is taken in, for callers; `nil` if commands are.
    public var reason: String? {
        isOpen.load(ordering: .acquiring) ? nil : text.withLock { $0 }
    }

    /// From now on commands are refused as `unavailable` with `reason`. Those that were taken in are decided.
    public func close(_ reason: String) {
        text.withLock { $0 = reason }
        isOpen.store(false, ordering: .releasing)
    }

    public func open() { isOpen.store(true, ordering: .releasing) }
}
