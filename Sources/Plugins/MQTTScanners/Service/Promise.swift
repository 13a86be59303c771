import Synchronization

/// A value that one side sets and another waits for, or looks for now and then.
final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiter: CheckedContinuation<Value, Never>?
    }

    private let state = Mutex(State())
    private let onChange: @Sendable () -> Void

    /// `onChange` is called when the value is there, by whoever sets it.
    init(onChange: @escaping @Sendable () -> Void) { self.onChange = onChange }

    /// The value, if it is there.
    var current: Value? { state.withLock { $0.value } }

    /// The value, as soon as it is there. For one reader; it does not look at its task's cancellation.
    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state -> Value? in
                    if state.value == nil { state.waiter = continuation }
                    return state.value
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }

    /// Sets the value, once.
    func set(_ value: Value) {
        let waiter = state.withLock { state in
            state.value = value
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: value)
        onChange()
    }
}
