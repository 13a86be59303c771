import Synchronization

extension Mailbox {
    /// Waits for a connection, or else `orFailed` for the first failure. Answers `false` if there was one, if the client was stopped or
    /// the task cancelled.
    func settled(orFailed: Bool = false) async -> Bool {
        let pending = Pending()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                pending.begin(continuation)
                let token = observe { state in
                    switch state {
                    case .connected:
                        pending.resume(true)
                        return true
                    case .disconnected where orFailed, .stopped:
                        pending.resume(false)
                        return true
                    default: return pending.isDone
                    }
                }
                if pending.isDone { stopObserving(token) }
            }
        } onCancel: {
            pending.resume(false)
        }
    }

    /// A continuation that several may want to resume, the first of whom does.
    private final class Pending: Sendable {
        private enum State {
            case new
            case waiting(CheckedContinuation<Bool, Never>)
            case done(Bool)
        }

        private let state = Mutex(State.new)

        var isDone: Bool { state.withLock { if case .done = $0 { true } else { false } } }

        func begin(_ continuation: CheckedContinuation<Bool, Never>) {
            let result = state.withLock { state -> Bool? in
                if case .done(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }

        func resume(_ result: Bool) {
            let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                defer { if case .done = state {} else { state = .done(result) } }
                if case .waiting(let continuation) = state { return continuation }
                return nil
            }
            continuation?.resume(returning: result)
        }
    }
}
