import NIOCore
import NIOHTTP1
import TallywireCore

/// Checks requests against the rules of HTTP before anything reads them, and ends connections whose request is longer than any
/// handler reads.
///
/// - A request of HTTP/1.1 without exactly one valid `Host` is answered with 400 in its turn and is the last of its connection (RFC
///   9112, section 3.2).
/// - So is a request with a letter that has too many combining marks (``/TallywireCore/StreamSafeText``).
/// - A response that is sent before its request has come completely says `Connection: close`. After such a response, and after the
///   response to a request with `Connection: close`, input is read for ``moment`` and discarded (``UnreadInput``). That is long
///   enough for the peer to read the response, and too short to hold the connection.
/// - `Expect: 100-continue` is answered when a handler begins to read the body (RFC 9110, section 10.1.1): see ``BodyWanted``.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    static let moment = TimeAmount.seconds(2)

    /// How many requests have begun, how many have come completely, and how many responses are complete.
    private var begun = 0
    private var read = 0
    private var answered = 0
    /// The number of the request whose peer waits for 100 Continue before it sends the body.
    private var expecting: Int?
    /// The number of the request whose response is the last, because the request said so.
    private var last: Int?
    /// Whether the response that is being written has said that it is the last.
    private var isLast = false
    private var refusal: Problem?
    /// Whether input is no longer read.
    private var isOver = false
    private var end: Scheduled<Void>?

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
        end = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard !isOver, refusal == nil else { return }
        switch part {
        case .head(let head):
            if let problem = Self.mistake(in: head) {
                refusal = problem
                return refuseInTurn(context)
            }
            begun += 1
            if !head.isKeepAlive { last = begun }
            if head.version == .http1_1, head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                expecting = begun
            }
        case .body: expecting = nil
        case .end:
            expecting = nil
            read += 1
        }
        context.fireChannelRead(data)
    }

    private static func mistake(in head: HTTPRequestHead) -> Problem? {
        // The parser refuses a target that is not ASCII.
        for (name, value) in head.headers where !StreamSafeText.isKept(by: value.utf8) {
            return .invalidRequest("in this header \(StreamSafeText.mistake)", field: name)
        }
        let hosts = head.headers["host"]
        if hosts.isEmpty, head.version != .http1_1 { return nil }
        guard hosts.count == 1 else {
            return .invalidRequest(
                hosts.isEmpty ? "a request of HTTP/1.1 has to have a Host" : "a request has one Host, not \(hosts.count)",
                field: "Host")
        }
        if HostPolicy.isAuthority(hosts[0]) { return nil }
        return .invalidRequest("a host, with or without a port, is expected", field: "Host")
    }

    private func refuseInTurn(_ context: ChannelHandlerContext) {
        guard let refusal, answered == begun, !isOver else { return }
        isOver = true
        refusal.end(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isOver, event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The rest of this connection's input does not matter any more.
        if isOver { context.close(promise: nil) } else { context.fireErrorCaught(error) }
    }

    // MARK: Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where !(100..<200).contains(head.status.code):
            if endsEarly(head) {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            } else {
                // This response is written while the body is read.
                proceed(context)
            }
            isLast = last == answered + 1 || !head.isKeepAlive
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            answered += 1
            let isShort = answered > read
            guard isLast || isShort else {
                context.write(data, promise: promise)
                return refuseInTurn(context)
            }
            isOver = true
            context.triggerUserOutboundEvent(InputUnwanted(), promise: nil)
            let written = promise ?? context.eventLoop.makePromise()
            let (bound, requestGuard) = (
                NIOLoopBound(context, eventLoop: context.eventLoop), NIOLoopBound(self, eventLoop: context.eventLoop)
            )
            written.futureResult.whenComplete { _ in requestGuard.value.endSoon(bound.value) }
            context.writeAndFlush(data, promise: written)
        default: context.write(data, promise: promise)
        }
    }

    /// Whether a response is sent before its request has come completely. A response that is written while its request is read,
    /// such as NDJSON, has no length.
    private func endsEarly(_ head: HTTPResponseHead) -> Bool {
        answered == read && (head.status.code >= 300 || head.headers.contains(name: "content-length"))
    }

    /// Ends the connection after its last response was sent.
    private func endSoon(_ context: ChannelHandlerContext) {
        // If both directions were closed at once, the kernel would discard the response while the peer is still sending.
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        end = context.eventLoop.scheduleTask(in: Self.moment) { bound.value.close(promise: nil) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        proceed(context)
        promise?.succeed()
    }

    /// Tells the peer to send its body, if the peer waits for that.
    private func proceed(_ context: ChannelHandlerContext) {
        guard expecting == answered + 1 else { return }
        expecting = nil
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }
}

/// Sent through the connection's pipeline when the body of the current request is about to be read.
package struct BodyWanted: Sendable {
    package init() {}
}
