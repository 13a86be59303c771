import HTTPTypes
import NIOCore
import NIOHTTP1
import TallywireCore

/// The problems that are found before the router gets the request.
extension Problem {
    static let upgradeRequired = Problem(
        .upgradeRequired, code: "upgrade_required", title: "WebSocket only", detail: "this path speaks WebSocket, version 13")

    static let tooManyConnections = Problem(
        .serviceUnavailable, code: "overloaded", title: "Too many connections",
        detail: "all connections are taken; try again later", retryAfter: 5)

    static let tooManyFromAddress = Problem(
        .tooManyRequests, code: "too_many_connections", title: "Too many connections",
        detail: "this address has all connections that it may have; close one, or try again later", retryAfter: 5)

    static let tooSlow = Problem(
        .requestTimeout, code: "request_timeout", title: "The request did not come in time",
        detail: "a connection has to begin with a request at once; connect again")

    static let headerTooLarge = Problem(
        .requestHeaderFieldsTooLarge, code: "too_large", title: "The request is too large", detail: "the header is too large")

    /// An endpoint's refusal of an upgrade.
    static func refusedUpgrade(_ status: HTTPResponseStatus, code: String, message: String) -> Problem {
        Problem(
            HTTPResponse.Status(code: Int(status.code), reasonPhrase: status.reasonPhrase), code: code,
            title: "No WebSocket here now",
            detail: message, retryAfter: status == .serviceUnavailable ? 5 : nil)
    }

    /// Writes the problem as the last response of a connection that no task serves. Ends the connection once the peer has had time
    /// to read the response.
    func end(_ context: ChannelHandlerContext) {
        context.triggerUserOutboundEvent(InputUnwanted(), promise: nil)
        var json = JSONWriter()
        write(to: &json)
        let body = ByteBuffer(bytes: json.bytes)
        var head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase))
        head.headers = [
            "Content-Type": Self.mediaType, "Content-Length": String(body.readableBytes), "Connection": "close",
        ]
        if let retryAfter { head.headers.add(name: "Retry-After", value: String(retryAfter)) }
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
        // If both directions were closed at once, the kernel would discard the response while the peer is still sending.
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) }
    }
}
