import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywirePipeline

/// A sink that also serves the HTTP port, by taking over upgraded connections.
public protocol UpgradingSink: Sink {
    /// The paths that the sink serves. Read once, before ``Sink/start(_:)``.
    var endpoints: [any UpgradeEndpoint] { get }
}

/// A path of the HTTP port whose requests may become WebSocket connections.
///
/// Both methods are called on the connection's event loop and must not block. The caller's token was checked before: a request with
/// a bad token does not come this far.
public protocol UpgradeEndpoint: Sendable {
    /// The path, such as `/ws`, without a query.
    var path: String { get }

    /// Decides whether a request to ``path`` for an upgrade to WebSocket is accepted.
    func admit(_ request: UpgradeRequest) -> UpgradeAdmission

    /// Takes over the connection after the 101 was sent: adds the handlers for WebSocket frames, the first of which reads bytes.
    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void>
}

/// A request for an upgrade, and its caller.
public struct UpgradeRequest: Sendable {
    public let head: HTTPRequestHead
    /// The peer's address.
    public let remote: SocketAddress?
    /// The caller: the peer, or the client for which a trusted proxy asks.
    public let caller: IPAddress?
    /// The caller's principal; `nil` for a caller without a token.
    public let principal: Principal?
    /// Checks the tokens that come later on the same connection.
    public let authenticator: any Authenticator
    /// The name of the node of a cluster that the server is; `nil` for a server by itself.
    public let node: String?

    public init(
        head: HTTPRequestHead, remote: SocketAddress? = nil, caller: IPAddress? = nil, principal: Principal? = .anybody,
        authenticator: any Authenticator = OpenAuthenticator(), node: String? = nil
    ) {
        self.head = head
        self.remote = remote
        self.caller = caller
        self.principal = principal
        self.authenticator = authenticator
        self.node = node
    }
}

/// Whether a request for an upgrade is accepted.
public enum UpgradeAdmission: Sendable {
    /// 101, with these headers in addition to those of the handshake.
    case accept(HTTPHeaders)
    /// This status, with a problem of this code and message, and no upgrade.
    case refuse(HTTPResponseStatus, code: String, message: String)
    /// The same, unless keys can be fetched again that the request's token needs: then the endpoint is asked again.
    case afterKeys(HTTPResponseStatus, code: String, message: String)
}
