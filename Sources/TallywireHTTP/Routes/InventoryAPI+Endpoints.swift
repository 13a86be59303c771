import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore

/// The paths of plugins that answer requests beside those for upgrades.
extension InventoryAPI {
    /// Whether the API or a page is at `path`, so that no endpoint can be.
    public static func isTaken(_ path: String) -> Bool {
        let segments = path.split(separator: "/")
        if segments.first == "internal" { return true }
        return (OpenAPI.operations.map(\.path) + WebFile.all.map(\.path)).contains { taken in
            let other = taken.split(separator: "/")
            return other.count == segments.count && zip(other, segments).allSatisfy { $0.first == "{" || $0 == $1 }
        }
    }

    fileprivate func respond(
        at endpoint: any RequestEndpoint, to request: Request, _ context: APIContext
    ) async throws -> Response {
        let peer = context.channel.remoteAddress
        let caller = configuration.proxies.caller(peer: IPAddress(peer), forwardedFor: request.headers[values: .forwardedFor])
        let head = HTTPRequestHead(
            version: .http1_1, method: .init(rawValue: request.method.rawValue), uri: request.head.path ?? endpoint.path)
        let upgrade = UpgradeRequest(
            head: head, remote: peer, caller: caller,
            principal: try await access.principal(authorization: request.headers[values: .authorization]),
            authenticator: access.authenticator, node: configuration.node)
        let body = request.method == .post ? try await collect(request, context, upTo: endpoint.bodyLimit) : ByteBuffer()
        let answer = await endpoint.respond(
            to: EndpointRequest(upgrade, body: body, eventLoop: context.channel.eventLoop))
        switch answer {
        case .answer(let type, let body):
            var headers: HTTPFields = [.contentType: type]
            if endpoint.endsConnections { headers[.connection] = "close" }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
        case .refuse(let status, let code, let message):
            throw Problem(
                .init(code: Int(status.code), reasonPhrase: status.reasonPhrase), code: code, title: "The request is refused",
                detail: message, retryAfter: status == .serviceUnavailable ? 5 : nil)
        }
    }
}

/// Answers requests at the paths of plugins, which come and go. An endpoint, and not the router, refuses a method.
struct EndpointMiddleware: RouterMiddleware {
    static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete]

    let api: InventoryAPI

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let endpoint = api.endpoints.requestEndpoint(at: request.uri.path), Self.methods.contains(request.method) else {
            return try await next(request, context)
        }
        context.coreContext.endpointPath.value = endpoint.path
        let response = try await api.respond(at: endpoint, to: request, context)
        return request.method == .head ? response.createHeadResponse() : response
    }
}
