import DequeModule
import Foundation
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One call of a gRPC method on one HTTP/2 stream: sends messages, and gives those that come to who asks for them.
///
/// It reads from the stream only while somebody waits, so a reader that is slow slows the server down. Everything but ``init(_:limit:eventLoop:)``
/// is called on the stream's event loop.
final class GRPCCall: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let endpoint: EtcdEndpoint
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var incoming: GRPCMessages
    private var messages: Deque<ByteBuffer> = []
    /// How the call ended; `nil` while it goes on. Success stands for gRPC's status 0.
    private var end: Result<Void, EtcdError>?
    private var waiter: EventLoopPromise<ByteBuffer?>?
    private var deadline: Scheduled<Void>?

    init(_ endpoint: EtcdEndpoint, limit: Int, eventLoop: any EventLoop) {
        self.endpoint = endpoint
        self.eventLoop = eventLoop
        incoming = GRPCMessages(limit: limit)
    }

    // MARK: The caller

    func start(_ path: String, timeout: Duration?) {
        guard let context else { return finish(.failure(lost("the connection ended"))) }
        var headers = HPACKHeaders([
            (":method", "POST"), (":scheme", endpoint.isSecure ? "https" : "http"), (":path", path),
            (":authority", endpoint.authority),
            ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "tallywire"),
        ])
        if let timeout {
            headers.add(name: "grpc-timeout", value: "\(min(max(1, Int(timeout / .milliseconds(1))), 99_999_999))m")
        } else {
            // Ends a stream that outlives the call's member: one that lost the others says so instead of being silent.
            headers.add(name: "hasleader", value: "true")
        }
        context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    }

    func send(_ message: [UInt8], isLast: Bool) {
        guard let context, end == nil else { return }
        let bytes = GRPCMessages.framed(message, context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(bytes), endStream: isLast))), promise: nil)
    }

    /// The next message; `nil` if the call has ended well. Fails after `limit`, and the call goes on. One caller at a time.
    func next(within limit: Duration) -> EventLoopFuture<ByteBuffer?> {
        let promise = eventLoop.makePromise(of: ByteBuffer?.self)
        waiter = promise
        let late = lost("no answer within \(limit)")
        deadline = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { self.give(.failure(late)) }
        serve()
        if waiter != nil { context?.read() }
        return promise.futureResult
    }

    /// The answer to a method that has one: its only message. A call without an answer is cancelled.
    func answer(within limit: Duration) -> EventLoopFuture<ByteBuffer> {
        let answer = next(within: limit).assumeIsolated().flatMap { [self] first -> EventLoopFuture<ByteBuffer> in
            guard let first else { return eventLoop.makeFailedFuture(unexpected("an answer without a message")) }
            return next(within: limit).assumeIsolated().flatMapThrowing { [self] second -> ByteBuffer in
                guard second == nil else { throw unexpected("an answer with several messages") }
                return first
            }.nonisolated()
        }.nonisolated()
        answer.assumeIsolated().whenFailure { [self] _ in cancel() }
        return answer
    }

    func cancel() {
        finish(.failure(lost("the call was cancelled")))
        context?.close(promise: nil)
    }

    // MARK: The stream

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.failure(lost("the connection ended")))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) { finish(.failure(lost("the connection ended"))) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(lost("\(error)")))
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame): read(frame.headers, isLast: frame.endStream)
        case .data(let frame):
            guard case .byteBuffer(let bytes) = frame.data else { break }
            read(bytes)
            if frame.endStream { finish(.failure(unexpected("the answer ends without a status"))) }
        case .rstStream(let code): finish(.failure(lost("the member ended the call: \(code)")))
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if waiter != nil { context.read() }
    }

    private func read(_ headers: HPACKHeaders, isLast: Bool) {
        if let status = headers.first(name: ":status"), status != "200" {
            finish(.failure(unexpected("it answers with HTTP's status \(status), and not as etcd does")))
        } else if let text = headers.first(name: "grpc-status") {
            guard let status = Int(text) else { return finish(.failure(unexpected("the status is “\(text)”"))) }
            let message = headers.first(name: "grpc-message").map { $0.removingPercentEncoding ?? $0 } ?? ""
            finish(status == 0 ? .success(()) : .failure(EtcdError(status: status, message, from: endpoint)))
        } else if isLast {
            finish(.failure(unexpected("the answer ends without a status")))
        }
    }

    private func read(_ bytes: ByteBuffer) {
        incoming.append(bytes)
        do {
            while let message = try incoming.next() { messages.append(message) }
            serve()
        } catch {
            finish(.failure(unexpected(error.description)))
            context?.close(promise: nil)
        }
    }

    private func finish(_ result: Result<Void, EtcdError>) {
        if end == nil { end = result }
        serve()
    }

    /// Gives the waiting caller what there is.
    private func serve() {
        guard waiter != nil else { return }
        if let message = messages.popFirst() {
            give(.success(message))
        } else if let end {
            give(end.map { nil })
        }
    }

    private func give(_ result: Result<ByteBuffer?, EtcdError>) {
        deadline?.cancel()
        deadline = nil
        let waiter = waiter
        self.waiter = nil
        waiter?.completeWith(result.mapError { $0 as any Error })
    }

    private func lost(_ what: String) -> EtcdError { EtcdError(.unreachable, "\(endpoint): \(what)") }
    private func unexpected(_ what: String) -> EtcdError { EtcdError(.unexpected, "\(endpoint): \(what)") }
}
