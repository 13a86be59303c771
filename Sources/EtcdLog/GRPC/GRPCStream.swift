import NIOCore

/// A call that is under way, from any thread. It ends with its `GRPCStream`.
final class GRPCStream: Sendable {
    private let call: NIOLoopBound<GRPCCall>
    /// Adds what is known of the connection's end to an error.
    private let because: @Sendable (EtcdError) -> EtcdError

    init(_ call: NIOLoopBound<GRPCCall>, because: @escaping @Sendable (EtcdError) -> EtcdError) {
        self.call = call
        self.because = because
    }

    deinit {
        let call = call
        call.eventLoop.execute { call.value.cancel() }
    }

    func send(_ message: [UInt8], isLast: Bool) {
        let call = call
        call.eventLoop.execute { call.value.send(message, isLast: isLast) }
    }

    /// The next message; `nil` if the call has ended well. Throws ``EtcdError/Code/unreachable`` after `limit`, and the call goes on.
    /// If the task is cancelled, the call ends.
    func next(within limit: Duration) async throws(EtcdError) -> [UInt8]? {
        let call = call
        do {
            return try await withTaskCancellationHandler {
                try await call.eventLoop.flatSubmit { call.value.next(within: limit) }.get().map { Array($0.readableBytesView) }
            } onCancel: {
                call.eventLoop.execute { call.value.cancel() }
            }
        } catch let error as EtcdError {
            throw because(error)
        } catch {
            throw because(EtcdError(.unreachable, "\(error)"))
        }
    }
}
