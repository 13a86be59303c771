import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore

/// A path that becomes a WebSocket connection and that also answers requests, such as those of HTTP polling.
///
/// The HTTP port has checked the name that a request addresses, its origin, its rate, and the token in `Authorization`, before it
/// calls ``respond(to:)``. It answers the preflights of browsers, and lets pages of allowed origins read the response. A request may
/// wait for its response as long as the endpoint wants. If the server ends meanwhile, the task that waits is cancelled.
public protocol RequestEndpoint: UpgradeEndpoint {
    /// The most bytes of a request's body. A larger body gets 413.
    var bodyLimit: Int { get }

    /// Whether each response is the last of its connection. A client whose requests and WebSockets share connections needs that, since
    /// only the first request of a connection can be upgraded.
    var endsConnections: Bool { get }

    /// What the path serves: a path item of OpenAPI 3.1, for `GET /openapi.json`.
    var openAPI: JSONValue { get }

    /// Answers a request of any method but `OPTIONS`.
    func respond(to request: EndpointRequest) async -> EndpointResponse
}

/// A request to a ``RequestEndpoint``, with its whole body.
public struct EndpointRequest: Sendable {
    /// The head, the caller and what checks its tokens.
    public let upgrade: UpgradeRequest
    public let body: ByteBuffer
    /// The event loop of the request's connection.
    public let eventLoop: any EventLoop

    public init(_ upgrade: UpgradeRequest, body: ByteBuffer, eventLoop: any EventLoop) {
        self.upgrade = upgrade
        self.body = body
        self.eventLoop = eventLoop
    }
}

/// The response of a ``RequestEndpoint``.
public enum EndpointResponse: Sendable {
    /// 200 with this body.
    case answer(contentType: String, ByteBuffer)
    /// This status, with a problem of this code and message.
    case refuse(HTTPResponseStatus, code: String, message: String)
}
