import Synchronization

/// Ends one piece of work from outside of its task, and lets others wait for the end. Safe from any task.
final class Stopper: Sendable {
    private let (orders, order) = AsyncStream.makeStream(of: Void.self)
    private struct State {
        var isStopping = false
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    /// Cancels the work, or keeps it from beginning.
    func stop() {
        state.withLock { $0.isStopping = true }
        order.finish()
    }

    /// Throws once ``stop()`` was called, also in the moment before the work is cancelled.
    func checkStop() throws {
        if state.withLock({ $0.isStopping }) { throw CancellationError() }
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
    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once ``end()`` was called.
    func hasEnded() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }
}
