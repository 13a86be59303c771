import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywirePipeline

/// The limits of the HTTP port.
public struct UpgradingServerConfiguration: Sendable {
    /// How long a new connection may take until the head of its first request is there.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a connection may rest between requests, within one that is being read, or while its peer takes nothing of an answer.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a shutdown waits for answers that are on their way. What is left then is cut.
    public var partingTime: Duration = .seconds(5)
    /// Connections at once, upgraded ones included. A few more are answered with 503, the rest is closed at once.
    public var connections = 25_000
    /// Connections at once from one address, behind a trusted proxy WebSockets; `nil` is as many as in all.
    public var connectionsPerAddress: Int?
    /// Proxies that are believed when they say for whom they ask.
    public var proxies = TrustedProxies()
    /// The certificate to speak TLS with; `nil` for none.
    public var tls: TLSCertificates?
    /// Bytes of one header field, and of all of a request's together; more is answered with 431.
    public var headerFieldSize = 16 * 1024
    public var headerSize = 64 * 1024
    /// Header fields in one request.
    public var headerFields = 128
    /// The names under which a page may open a WebSocket here, beside the loopback ones.
    public var hosts = HostPolicy()
    /// Says who asks for a WebSocket. By default everybody may everything, which is for loopback alone.
    public var authenticator: any Authenticator = OpenAuthenticator()
    /// Counts what the port refuses.
    public var metrics = PortMetrics()

    public init() {}

    var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headerFieldSize
        limits.maxHeaderListSize = headerSize
        limits.maxHeaderFieldCount = headerFields
        return limits
    }
}

/// An HTTP/1.1 server that also serves `endpoints`, for `Application(router:server:configuration:)`.
///
/// A request for an upgrade to WebSocket on an endpoint's path is admitted or refused by the endpoint, before the router sees it.
/// Any other request on such a path is answered with 426. Everything else reaches the router as if it had not asked for an
/// upgrade; so does one for h2c. An upgrade has to be asked for with the first request of a connection, and a connection
/// whose request for one was not followed ends with the response.
public func upgradingServer(
    endpoints: [any UpgradeEndpoint], configuration: UpgradingServerConfiguration = UpgradingServerConfiguration()
) -> HTTPServerBuilder {
    let table = UpgradeTable(
        endpoints, hosts: configuration.hosts,
        access: AccessControl(authenticator: configuration.authenticator, metrics: configuration.metrics),
        proxies: configuration.proxies)
    let count = ConnectionCount(
        limit: configuration.connections, perAddress: configuration.connectionsPerAddress, proxies: configuration.proxies)
    return HTTPServerBuilder { responder in
        UpgradingChannel(
            responder: table.answeringRefusals(before: responder), table: table, configuration: configuration, count: count)
    }
}
