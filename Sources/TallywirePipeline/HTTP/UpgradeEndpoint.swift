import NIOCore
import NIOHTTP1

/// A sink that also answers on the server's HTTP port, by taking over upgraded connections.
public protocol UpgradingSink: Sink {
    /// The paths it serves. Asked once, before ``Sink/start(_:)``.
    var endpoints: [any UpgradeEndpoint] { get }
}

/// A path of the HTTP port whose requests may become WebSocket connections.
///
/// Both methods are called on the connection's event loop and must not block.
public protocol UpgradeEndpoint: Sendable {
    /// The path, such as `/ws`, without a query.
    var path: String { get }

    /// Decides on a request to ``path`` that asks for an upgrade to WebSocket. `remote` is the peer's address.
    func admit(_ head: HTTPRequestHead, remote: SocketAddress?) -> UpgradeAdmission

    /// Takes the connection over, after the 101 was sent: adds the handlers for WebSocket frames, the first of which reads bytes.
    func install(on channel: any Channel, head: HTTPRequestHead) -> EventLoopFuture<Void>
}

/// What becomes of a request for an upgrade.
public enum UpgradeAdmission: Sendable {
    /// 101, with these headers beside those of the handshake.
    case accept(HTTPHeaders)
    /// This status with a problem of this code and message, and no upgrade.
    case refuse(HTTPResponseStatus, code: String, message: String)
}
