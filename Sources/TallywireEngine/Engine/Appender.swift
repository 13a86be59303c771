import Foundation
import Synchronization

/// Commits batches beside the engine's thread, one at a time. Only the engine's thread calls it.
protocol BatchAppender: AnyObject, Sendable {
    /// Hands in a batch; the result of the one before it has been taken.
    func start(_ batch: JournalBatch)

    /// Returns how the batch ended that was handed in: once, and `nil` before it has.
    func takeResult() -> Result<Void, any Error>?

    /// Nothing is handed in any more.
    func close()
}

/// Appends batches to the journal on a thread of its own, while the engine decides the next commands.
final class Appender: BatchAppender {
    private struct State {
        var batch: JournalBatch?
        var result: Result<Void, any Error>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let handedIn = DispatchSemaphore(value: 0)

    /// Starts the thread. It calls `whenDone` after each batch, when ``takeResult()`` has something.
    init(journal: any Journal, whenDone: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            while let batch = next() {
                let result = Result { try journal.append(batch) }
                state.withLock { $0.result = result }
                whenDone()
            }
        }
        thread.name = "tallywire.commit"
        thread.start()
    }

    func start(_ batch: JournalBatch) {
        state.withLock { $0.batch = batch }
        handedIn.signal()
    }

    func takeResult() -> Result<Void, any Error>? {
        state.withLock { state in
            defer { state.result = nil }
            return state.result
        }
    }

    /// Ends the thread.
    func close() {
        state.withLock { $0.isClosed = true }
        handedIn.signal()
    }

    private func next() -> JournalBatch? {
        while true {
            handedIn.wait()
            let (batch, isClosed) = state.withLock { state in
                defer { state.batch = nil }
                return (state.batch, state.isClosed)
            }
            if let batch { return batch }
            if isClosed { return nil }
        }
    }
}
