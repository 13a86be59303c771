import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

extension UpgradeTable {
    /// A responder that answers requests on the endpoints' paths, which are those that were not upgraded, and gives all others
    /// to `responder`.
    func answeringRefusals(before responder: @escaping HTTPChannelHandler.Responder) -> HTTPChannelHandler.Responder {
        { request, writer, channel in
            guard serves(request.head.path ?? "") else { return try await responder(request, writer, channel) }
            let refusal = try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: UpgradeGate.self).takeRefusal()
            }.get()
            var response = Response.problem(refusal ?? .upgradeRequired)
            if response.status == .upgradeRequired {
                response.headers[.upgrade] = "websocket"
                response.headers[.secWebSocketVersion] = "13"
            }
            if request.method == .head { response.body = ResponseBody(contentLength: response.body.contentLength ?? 0) { _ in } }
            try await writer.write(response: response.head, body: response.body)
        }
    }
}
