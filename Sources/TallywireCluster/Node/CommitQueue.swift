import Foundation
import Synchronization
import TallywireEngine

/// The batch that an engine's thread hands to the task that commits. There is one at most, since the thread waits until it is committed.
final class CommitQueue: Sendable {
    /// A batch, and what becomes of it.
    struct Request: Sendable {
        let batch: JournalBatch
        let outcome: CommitOutcome
    }

    private struct State {
        var request: Request?
        var waiter: CheckedContinuation<Request?, Never>?
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// Blocks until the batch is committed. Throws why it is not, and ``JournalError/Code/fenced`` once ``end()`` was called.
    func commit(_ batch: JournalBatch) throws {
        let request = Request(batch: batch, outcome: CommitOutcome())
        let waiter = try state.withLock { state in
            guard !state.hasEnded else { throw CommitQueue.ended }
            if state.waiter == nil { state.request = request }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: request)
        try request.outcome.wait()
    }

    /// The next batch; `nil` once ``end()`` was called. One task asks, and goes on in its own place.
    nonisolated(nonsending) func next() async -> Request? {
        await withCheckedContinuation { waiter in
            let found = state.withLock { state -> Request?? in
                defer { state.request = nil }
                if let request = state.request { return .some(request) }
                if state.hasEnded { return .some(nil) }
                state.waiter = waiter
                return nil
            }
            if let found { waiter.resume(returning: found) }
        }
    }

    /// Refuses what is handed in from now on, and what was not taken.
    func end() {
        let (request, waiter) = state.withLock { state in
            defer { (state.request, state.waiter, state.hasEnded) = (nil, nil, true) }
            return (state.request, state.waiter)
        }
        request?.outcome.set(.failure(CommitQueue.ended))
        waiter?.resume(returning: nil)
    }

    private static var ended: JournalError { JournalError(.fenced, "this node has ended") }
}

/// What became of a commit, for the thread that waits for it.
final class CommitOutcome: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func set(_ result: Result<Void, any Error>) {
        self.result.withLock { $0 = result }
        done.signal()
    }

    func wait() throws {
        done.wait()
        try result.withLock { $0 }?.get()
    }
}
