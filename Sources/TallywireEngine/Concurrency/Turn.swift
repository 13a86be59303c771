import Synchronization

/// Lets one task at a time do something that takes a while, in the order in which the tasks came.
///
/// A task that waits for its turn does not heed cancellation: it waits for the task before it, which does.
package final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Runs `body` while no other call of this method runs one.
    package func take<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
        defer {
            let next = state.withLock { state in
                state.isTaken = !state.waiting.isEmpty
                return state.isTaken ? state.waiting.removeFirst() : nil
            }
            next?.resume()
        }
        return try await body()
    }
}
