import Synchronization
import TallywireEngine

/// Ends one piece of work from outside of its task, and lets others wait for the end. Safe from any task.
final class Stopper: Sendable {
    private let (orders, order) = AsyncStream.makeStream(of: Void.self)
    private let isStopping = Atomic(false)
    private let ended = Latch()

    /// Cancels the work, or keeps it from beginning.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        order.finish()
    }

    /// Throws once ``stop()`` was called, also in the moment before the work is cancelled.
    func checkStop() throws {
        if isStopping.load(ordering: .acquiring) { throw CancellationError() }
        try Task.checkCancellation()
    }

    /// Runs `body` until it ends or ``stop()`` is called, which cancels it. For one call.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { [orders] in for await _ in orders {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// Says that everything has ended.
    func end() { ended.open() }

    /// Returns once ``end()`` was called.
    func hasEnded() async { await ended.wait() }
}
