import Synchronization

/// Counts 1, 2, 3 … from any thread.
final class Counter: Sendable {
    private let count = Mutex(0)

    /// How far it has counted.
    var current: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
