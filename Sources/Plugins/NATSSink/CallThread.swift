import Dispatch
import NATS
import Synchronization

/// A thread for calls that block, one at a time. Whoever waits for a call can be cancelled at once: the call is then left alone, and
/// ends when it notices or when the library returns.
final class CallThread: Sendable {
    private let queue = DispatchQueue(label: "tallywire.nats")
    private let isBusy = Atomic(false)

    /// Runs `body` on the thread. `body` gets a function that says whether nobody waits any more. Throws if an earlier call that was
    /// left alone has not returned.
    func run<Value: Sendable>(_ body: @escaping @Sendable (_ isAbandoned: () -> Bool) throws -> Value) async throws -> Value {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            throw NATSError(.timeout, "the server has not answered an earlier call, which still waits")
        }
        let call = Call<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                call.begin(continuation)
                queue.async {
                    let result = Result { try body { call.isOver } }
                    self.isBusy.store(false, ordering: .releasing)
                    call.end(result)
                }
            }
        } onCancel: {
            call.end(.failure(CancellationError()))
        }
    }

    /// Runs `body` after the calls before it, and waits for nothing.
    func runLater(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }
}

/// What waits for a call. Continuations are resumed after the lock was released.
private final class Call<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Value, any Error>)
        case over(Result<Value, any Error>)
    }

    private let state = Mutex(State.new)

    var isOver: Bool { state.withLock { if case .over = $0 { true } else { false } } }

    func begin(_ continuation: CheckedContinuation<Value, any Error>) {
        let result = state.withLock { state in
            if case .over(let result) = state { return result as Result<Value, any Error>? }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    /// Ends the wait with the first result.
    func end(_ result: Result<Value, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            defer { if case .over = state {} else { state = .over(result) } }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }
}
