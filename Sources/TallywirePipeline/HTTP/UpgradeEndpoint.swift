import NIOCore
import NIOHTTP1

/// A sink that also answers on the server's HTTP port, by taking over upgraded connections.
public protocol UpgradingSink: Sink {
    /// The paths it serves. Asked once, before ``Sink/start(_:)``.
    var endpoints: [any UpgradeEndpoint] { get }
}

/// A path of the HTTP port whose requests may become WebSocket connections.
///
/// Both methods are called on the connection's event loop and must not block. Who the caller is has been found out before: a request with
/// a bad token does not come this far.
public protocol UpgradeEndpoint: Sendable {
    /// The path, such as `/ws`, without a query.
    var path: String { get }

    /// Decides on a request to ``path`` that asks for an upgrade to WebSocket.
    func admit(_ request: UpgradeRequest) -> UpgradeAdmission

    /// Takes the connection over, after the 101 was sent: adds the handlers for WebSocket frames, the first of which reads bytes.
    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void>
}

/// A request for an upgrade, and who asks.
public struct UpgradeRequest: Sendable {
    public let head: HTTPRequestHead
    /// The peer's address.
    public let remote: SocketAddress?
    /// For whom it is: the peer, or the one for whom a trusted proxy asks.
    public let caller: IPAddress?
    /// Who asks; `nil` is somebody without a token.
    public let principal: Principal?
    /// Judges the tokens that come later on the same connection.
    public let authenticator: any Authenticator

    public init(
        head: HTTPRequestHead, remote: SocketAddress? = nil, caller: IPAddress? = nil, principal: Principal? = .anybody,
        authenticator: any Authenticator = OpenAuthenticator()
    ) {
        self.head = head
        self.remote = remote
        self.caller = caller
        self.principal = principal
        self.authenticator = authenticator
    }
}

/// What becomes of a request for an upgrade.
public enum UpgradeAdmission: Sendable {
    /// 101, with these headers beside those of the handshake.
    case accept(HTTPHeaders)
    /// This status with a problem of this code and message, and no upgrade.
    case refuse(HTTPResponseStatus, code: String, message: String)
}
