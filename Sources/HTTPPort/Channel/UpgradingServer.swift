import HTTPEndpoints
import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywireAccess

/// The limits of the HTTP port.
public struct UpgradingServerConfiguration: Sendable {
    /// How long a new connection may take until the head of its first request has come.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a connection may be idle between requests, or within a request that is read, or while its peer reads nothing of a
    /// response.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a shutdown waits for responses that are being sent. Then their connections are closed.
    public var closingTime: Duration = .seconds(5)
    /// How long after it was accepted a connection can still send its first request when a shutdown begins meanwhile. That request is
    /// answered, and is the only one of its connection. A connection that is older and has sent none is closed at once.
    public var arrivalTime: Duration = .seconds(1)
    /// The most connections at once, with upgraded ones. A few more get 503, and all others are closed at once.
    public var connections = 25_000
    /// The most connections at once from one address, or WebSockets from one address behind a trusted proxy; `nil` for no limit of
    /// its own.
    public var connectionsPerAddress: Int?
    /// The proxies whose `X-Forwarded-For` is believed.
    public var proxies = TrustedProxies()
    /// The certificate for TLS; `nil` for none.
    public var tls: TLSCertificates?
    /// The most bytes of one header field, and of all header fields of a request. Larger ones get 431.
    public var headerFieldSize = 16 * 1024
    public var headerSize = 64 * 1024
    /// The most header fields in one request.
    public var headerFields = 128
    /// The names, beside the loopback ones, under which a page may open a WebSocket here.
    public var hosts = HostPolicy()
    /// Finds the caller of a WebSocket. By default every caller may do everything, which is for loopback only.
    public var authenticator: any Authenticator = OpenAuthenticator()
    /// The name of the node of a cluster that the server is, for the header `Tallywire-Node` of a handshake; `nil` for a server by itself.
    public var node: String?
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
/// For a request to upgrade to WebSocket on an endpoint's path, the endpoint decides before the router gets the request. Any other
/// request on such a path gets 426. All other requests reach the router as if they had not asked for an upgrade, also requests for
/// h2c. Only the first request of a connection can be upgraded. A connection whose upgrade was refused ends with the response.
public func upgradingServer(
    endpoints: EndpointTable, configuration: UpgradingServerConfiguration = UpgradingServerConfiguration()
) -> HTTPServerBuilder {
    HTTPServerBuilder { UpgradingChannel(endpoints: endpoints, configuration: configuration, responder: $0) }
}

extension UpgradingChannel {
    /// Connections to `endpoints`, and to `responder` for all other requests. They are counted together.
    init(endpoints: EndpointTable, configuration: UpgradingServerConfiguration, responder: @escaping HTTPChannelHandler.Responder) {
        let table = UpgradeTable(
            endpoints, hosts: configuration.hosts,
            access: AccessControl(authenticator: configuration.authenticator, metrics: configuration.metrics),
            proxies: configuration.proxies, node: configuration.node)
        self.init(
            responder: table.answeringRefusals(before: responder), table: table, configuration: configuration,
            count: ConnectionCount(
                limit: configuration.connections, perAddress: configuration.connectionsPerAddress, proxies: configuration.proxies))
    }
}
