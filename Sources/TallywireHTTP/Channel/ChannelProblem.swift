import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywireCore

/// A problem (RFC 9457) that is answered before the router is asked.
struct ChannelProblem {
    let status: HTTPResponseStatus
    let code: String
    let message: String
    /// Fields beside those of every problem.
    var headers: [(name: String, value: String)] = []

    init(status: HTTPResponseStatus, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    init(_ refusal: UpgradeRefusal) {
        self.init(status: refusal.status, code: refusal.code, message: refusal.message)
        switch refusal.status {
        case .upgradeRequired: headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        case .serviceUnavailable: headers = [("Retry-After", "5")]
        default: break
        }
    }

    /// The body.
    var json: ByteBuffer {
        var json = JSONWriter(capacity: 128)
        json.object { json in
            json.key("type")
            json.string("about:blank")
            json.key("title")
            json.string(status.reasonPhrase)
            json.key("status")
            json.integer(Int64(status.code))
            json.key("detail")
            json.string(message)
            json.key("code")
            json.string(code)
        }
        return ByteBuffer(bytes: json.bytes)
    }

    static let contentType = "application/problem+json"

    /// Answers as the last response of a connection, and ends it once the peer has had the chance to read that.
    func write(to context: ChannelHandlerContext) {
        let body = json
        var head = HTTPResponseHead(version: .http1_1, status: status)
        head.headers = [
            "Content-Type": Self.contentType, "Content-Length": String(body.readableBytes), "Connection": "close",
        ]
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
        // Closing both directions at once would make the kernel throw the response away if the peer is still sending.
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) }
    }
}

extension UpgradeTable {
    /// A responder that answers requests on the endpoints' paths, which are those that were not upgraded, and gives all others
    /// to `responder`.
    func answeringRefusals(before responder: @escaping HTTPChannelHandler.Responder) -> HTTPChannelHandler.Responder {
        { request, writer, channel in
            guard serves(request.head.path ?? "") else { return try await responder(request, writer, channel) }
            let refusal = try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: UpgradeGate.self).takeRefusal()
            }.get()
            let problem = ChannelProblem(refusal ?? .upgradeRequired)
            let body = problem.json
            var fields: HTTPFields = [.contentType: ChannelProblem.contentType, .contentLength: String(body.readableBytes)]
            for (name, value) in problem.headers {
                if let name = HTTPField.Name(name) { fields[name] = value }
            }
            let head = HTTPResponse(
                status: .init(code: Int(problem.status.code), reasonPhrase: problem.status.reasonPhrase), headerFields: fields)
            try await writer.write(
                response: head, body: request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: body))
        }
    }
}
