import Synchronization

/// What other threads and the client's thread tell each other.
final class Mailbox: Sendable {
    /// How many requests may wait to be taken by the client's thread.
    static let requestLimit = 1024

    private let state = Mutex(State())
    private let wakeUp: WakeUp

    private struct State {
        var requests: [PublishRequest] = []
        var acknowledged: UInt64 = 0
        var isStopping = false
        /// Whether the thread is inside a blocking `connect`, or has ended. In both cases callers do not wait for it.
        var isOutOfReach = false
        var connection = MQTTConnectionState.connecting
        /// How many connections there have been.
        var connections = 0
        /// Why there is no connection, from the last try; `nil` while there is one.
        var lastError: MQTTError?
        var nextWaiter = 0
        /// Each is called with every change of the connection until it returns `true`.
        var waiters: [Int: @Sendable (MQTTConnectionState) -> Bool] = [:]
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    // MARK: For callers

    var connection: MQTTConnectionState { state.withLock { $0.connection } }
    var connections: Int { state.withLock { $0.connections } }
    var lastError: MQTTError? { state.withLock { $0.lastError } }

    func publish(_ request: PublishRequest, brokers: BrokerAddresses) {
        let problem = state.withLock { state -> MQTTError? in
            if state.isStopping { return MQTTError(.stopped, "the MQTT client of \(brokers) was stopped") }
            if case .disconnected(let error) = state.connection { return MQTTError(.notConnected, error.message) }
            if case .connecting = state.connection { return MQTTError(.notConnected, "\(brokers): not connected yet") }
            if state.requests.count >= Self.requestLimit {
                return MQTTError(.overloaded, "\(brokers): \(Self.requestLimit) publications wait already; wait for them first")
            }
            state.requests.append(request)
            return nil
        }
        if let problem { request.fail(problem) } else { wakeUp.signal() }
    }

    func acknowledge(_ batch: UInt64) {
        state.withLock { $0.acknowledged = max($0.acknowledged, batch) }
        wakeUp.signal()
    }

    /// Calls `body` with the connection's current state and after each change, until it returns `true`. Returns a token with which
    /// to stop that.
    func observe(_ body: @escaping @Sendable (MQTTConnectionState) -> Bool) -> Int {
        let (token, now) = state.withLock { state in
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = body
            return (state.nextWaiter, state.connection)
        }
        if body(now) { stopObserving(token) }
        return token
    }

    func stopObserving(_ token: Int) {
        state.withLock { _ = $0.waiters.removeValue(forKey: token) }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    /// Stops the client and returns when the connection is closed. If the thread is inside `connect`, returns at once, and the
    /// thread ends by itself.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isStopping = true
                if !state.isOutOfReach { state.stopWaiters.append(continuation) }
                return state.isOutOfReach
            }
            if isDone { continuation.resume() }
            wakeUp.signal()
        }
    }

    // MARK: For the client's thread

    /// What the callers want.
    struct Mail {
        /// The requests since the last time.
        var requests: [PublishRequest] = []
        /// The number of the newest batch that is acknowledged.
        var acknowledged: UInt64 = 0
        var isStopping = false
    }

    func take() -> Mail {
        state.withLock { state in
            defer { state.requests = [] }
            return Mail(requests: state.requests, acknowledged: state.acknowledged, isStopping: state.isStopping)
        }
    }

    /// Announces that the thread is about to block. Returns whether it still should.
    func beginBlocking() -> Bool {
        state.withLock { state in
            if !state.isStopping { state.isOutOfReach = true }
            return !state.isStopping
        }
    }

    func endBlocking() {
        state.withLock { $0.isOutOfReach = false }
    }

    func report(_ connection: MQTTConnectionState) {
        let waiters = state.withLock { state -> [Int: @Sendable (MQTTConnectionState) -> Bool] in
            state.connection = connection
            if connection.isConnected { state.connections += 1 }
            switch connection {
            case .disconnected(let error): state.lastError = error
            case .connected: state.lastError = nil
            case .connecting, .stopped: break
            }
            return state.waiters
        }
        for (token, waiter) in waiters where waiter(connection) { stopObserving(token) }
    }

    /// Ends everything that waits, since the thread ends.
    func finish(_ brokers: BrokerAddresses) {
        let (waiters, requests) = state.withLock { state in
            state.isOutOfReach = true
            defer {
                state.stopWaiters = []
                state.requests = []
            }
            return (state.stopWaiters, state.requests)
        }
        report(.stopped)
        for request in requests { request.fail(MQTTError(.stopped, "the MQTT client of \(brokers) was stopped")) }
        for waiter in waiters { waiter.resume() }
    }
}

extension Mailbox {
    /// Waits for a connection, or with `orFailed` for the first failure. Returns `false` after a failure, or if the client was
    /// stopped or the task cancelled.
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

    /// A continuation that several callers may resume. Only the first resumes it.
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
