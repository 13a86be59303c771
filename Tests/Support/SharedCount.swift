import Synchronization

/// A number that several tasks of a test count up.
public final class SharedCount: Sendable {
    private let count = Mutex(0)

    public init() {}

    public var value: Int { count.withLock { $0 } }

    public func add() { count.withLock { $0 += 1 } }
}
