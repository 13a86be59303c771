import Foundation
import Synchronization

/// Commits batches on another thread than the engine's, one at a time. Only the engine's thread calls the appender.
package protocol BatchAppender: AnyObject, Sendable {
    /// Hands in a batch. The result of the batch before has been taken.
    func start(_ batch: JournalBatch)

    /// Returns how the batch ended that was handed in last: once, and `nil` while the commit is under way.
    func takeResult() -> Result<Void, any Error>?

    /// Says that no batch follows.
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

    /// Starts the thread. The thread calls `whenDone` after each batch, when ``takeResult()`` has a result.
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
