import NIOCore
import NIOHTTP2
import NIOPosix
import Synchronization

/// One HTTP/2 connection to a member of etcd, for all calls of a client.
final class GRPCConnection: Sendable {
    let endpoint: EtcdEndpoint
    private let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer
    private let state: ConnectionState
    private let largestAnswer: Int

    private init(
        _ endpoint: EtcdEndpoint, _ channel: any Channel, _ streams: NIOHTTP2Handler.StreamMultiplexer,
        _ state: ConnectionState,
        largestAnswer: Int
    ) {
        self.endpoint = endpoint
        self.channel = channel
        self.streams = streams
        self.state = state
        self.largestAnswer = largestAnswer
    }

    /// Connects. With TLS the connection may turn out to be refused in its first call.
    static func open(_ endpoint: EtcdEndpoint, _ configuration: EtcdConfiguration) -> EventLoopFuture<GRPCConnection> {
        let state = ConnectionState()
        return ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(configuration.requestTimeout))
            .connect(host: endpoint.host, port: endpoint.port)
            .flatMap { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let encryption = try endpoint.encryption(configuration.tls) { try pipeline.addHandler(encryption) }
                    try pipeline.addHandler(ConnectionObserver(state))
                    let settings = NIOHTTP2Handler.Configuration.etcd
                    let streams = try pipeline.configureHTTP2Pipeline(
                        mode: .client, connectionConfiguration: settings.connection, streamConfiguration: settings.stream
                    ) { stream in
                        stream.close()
                    }
                    try pipeline.addHandler(ConnectionObserver(state))
                    return GRPCConnection(endpoint, channel, streams, state, largestAnswer: configuration.largestAnswer)
                }.flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
            }
            .flatMapErrorThrowing { error in
                throw error as? EtcdError ?? EtcdError(.unreachable, "\(endpoint): no connection: \(error)")
            }
    }

    var closed: EventLoopFuture<Void> { channel.closeFuture }

    func close() { channel.close(promise: nil) }

    /// Calls a method that has one request and one answer. A connection on which nothing came in the meantime is closed: it may be
    /// one whose other end is gone.
    func call(_ path: String, _ request: [UInt8], within limit: Duration) async throws(EtcdError) -> [UInt8] {
        let start = NIODeadline.now()
        do throws(EtcdError) {
            return try await answer(path, request, within: limit)
        } catch {
            if error.code == .unreachable, state.lastRead < start, !Task.isCancelled { close() }
            throw error
        }
    }

    /// A lone call waits for each change of the thread, so there is one to the event loop and one back.
    private func answer(_ path: String, _ request: [UInt8], within limit: Duration) async throws(EtcdError) -> [UInt8] {
        let begun = begin { call in
            call.start(path, timeout: limit)
            call.send(request, isLast: true)
            return call.answer(within: limit)
        }
        do {
            return try await withTaskCancellationHandler {
                Array(try await begun.flatMap(\.result).value.readableBytesView)
            } onCancel: {
                begun.whenSuccess { $0.call.value.cancel() }
            }
        } catch {
            throw failure(error)
        }
    }

    /// Begins a call that lasts until one side ends it.
    func open(_ path: String) async throws(EtcdError) -> GRPCStream {
        do {
            let call = try await begin { $0.start(path, timeout: nil) }.value.call
            return GRPCStream(call, because: { self.because($0) })
        } catch {
            throw failure(error)
        }
    }

    /// Begins a call, and does `first` with it on the event loop.
    private func begin<Result: Sendable>(
        _ first: @escaping @Sendable (GRPCCall) -> Result
    ) -> EventLoopFuture<(call: NIOLoopBound<GRPCCall>, result: Result)> {
        let begun = channel.eventLoop.makePromise(of: (call: NIOLoopBound<GRPCCall>, result: Result).self)
        let opened = channel.eventLoop.makePromise(of: (any Channel).self)
        let (endpoint, limit) = (endpoint, largestAnswer)
        streams.createStreamChannel(promise: opened) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                let call = GRPCCall(endpoint, limit: limit, eventLoop: stream.eventLoop)
                try stream.pipeline.syncOperations.addHandler(call)
                begun.succeed((NIOLoopBound(call, eventLoop: stream.eventLoop), first(call)))
            }
        }
        opened.futureResult.whenFailure { error in
            // The member is about to end the connection, or it has ended.
            self.close()
            begun.fail(EtcdError(.unreachable, "\(endpoint): no call can begin: \(error)"))
        }
        return begun.futureResult
    }

    private func failure(_ error: any Error) -> EtcdError {
        because(error as? EtcdError ?? EtcdError(.unreachable, "\(endpoint): \(error)"))
    }

    /// `error` with what is known of the connection's end.
    private func because(_ error: EtcdError) -> EtcdError {
        guard let cause = state.failure else { return error }
        return EtcdError(error.code, "\(error.message): \(cause)")
    }
}

extension NIOHTTP2Handler.Configuration {
    fileprivate static var etcd: Self {
        var configuration = Self()
        // etcd's gRPC sends a PING with nearly every message to measure the connection. The default, 200 in 30 seconds, would end a
        // connection of an attacker, and one with 199 calls. What remains is a bound for a member that has gone mad.
        configuration.connection.controlFrameRateLimit.maximumCount = 10_000
        configuration.connection.controlFrameRateLimit.windowLength = .milliseconds(100)
        // With windows of 64 KiB an answer of megabytes would wait for the way there and back once for each of them.
        configuration.connection.targetWindowSize = 8 << 20
        configuration.stream.targetWindowSize = 4 << 20
        return configuration
    }
}

/// What is known of a connection from any thread.
final class ConnectionState: Sendable {
    private struct Values {
        var lastRead = NIODeadline.uptimeNanoseconds(0)
        var failure: String?
    }

    private let values = Mutex(Values())

    /// When something came last.
    var lastRead: NIODeadline { values.withLock { $0.lastRead } }
    /// The first error that was not one of a single call.
    var failure: String? { values.withLock { $0.failure } }

    func noteRead() { values.withLock { $0.lastRead = .now() } }
    func note(_ error: any Error) { values.withLock { $0.failure = $0.failure ?? "\(error)" } }
}

/// Notes what comes and what goes wrong. One stands before HTTP/2, where TLS fails, and one after it.
private final class ConnectionObserver: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let state: ConnectionState

    init(_ state: ConnectionState) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        state.noteRead()
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        state.note(error)
        context.close(promise: nil)
    }
}

extension EventLoopFuture where Value: Sendable {
    /// What `get()` returns, without its change of the thread before it waits.
    fileprivate var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                whenComplete { continuation.resume(with: $0) }
            }
        }
    }
}
