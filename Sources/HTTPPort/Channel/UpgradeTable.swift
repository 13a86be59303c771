import HTTPEndpoints
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywireAccess
import TallywireCore

/// The endpoints by path, and the decision whether a request may become a WebSocket connection.
struct UpgradeTable: Sendable {
    private let endpoints: EndpointTable
    private let hosts: HostPolicy
    private let access: AccessControl
    /// The name of the node that answers; `nil` without a cluster.
    private let node: String?
    private let proxies: TrustedProxies

    init(
        _ endpoints: EndpointTable, hosts: HostPolicy, access: AccessControl, proxies: TrustedProxies = TrustedProxies(),
        node: String? = nil
    ) {
        self.node = node
        self.proxies = proxies
        self.hosts = hosts
        self.access = access
        self.endpoints = endpoints
    }

    func endpoint(for target: some StringProtocol) -> (any UpgradeEndpoint)? {
        endpoints.endpoint(at: target.firstIndex(of: "?").map { String(target[..<$0]) } ?? String(target))
    }

    /// What happens with a request that has an `Upgrade` header.
    enum Decision {
        case upgrade(AdmittedUpgrade)
        case refuse(Problem)
        /// The router gets the request without the header.
        case ignore
        /// Keys have to be fetched first.
        case afterKeys
    }

    /// Decides on a request. All requirements of RFC 6455, section 4.2.1, are checked here, so that an admitted handshake cannot
    /// fail any more. If keys have to be fetched for the caller's token, `then` is called on the channel's event loop once they have come
    /// or have not; without `then` the decision is final.
    func decide(
        _ head: HTTPRequestHead, isFirst: Bool, on channel: any Channel, afterKeys then: (() -> Void)?
    ) -> Decision {
        guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            let endpoint = endpoint(for: head.uri)
        else { return .ignore }
        guard isFirst else {
            return .refuse(.invalidRequest("an upgrade has to be the first request of its connection"))
        }
        guard head.method == .GET, head.version == .http1_1, head.asksForConnectionUpgrade,
            head.headers[canonicalForm: "sec-websocket-version"] == ["13"]
        else { return .refuse(.upgradeRequired) }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, Self.isKey(keys[0]) else {
            return .refuse(.invalidRequest("Sec-WebSocket-Key is not 16 bytes in base64", field: "Sec-WebSocket-Key"))
        }
        guard !head.hasBody else { return .refuse(.invalidRequest("a request for an upgrade has no body")) }
        if let problem = foreignness(of: head) { return .refuse(problem) }
        do throws(Problem) {
            return try admit(head, to: endpoint, on: channel, afterKeys: then)
        } catch {
            return .refuse(error)
        }
    }

    /// Finds the caller, and lets the endpoint decide.
    private func admit(
        _ head: HTTPRequestHead, to endpoint: any UpgradeEndpoint, on channel: any Channel, afterKeys then: (() -> Void)?
    ) throws(Problem) -> Decision {
        let offered = OfferedSubprotocols(head.headers)
        let remote = channel.remoteAddress
        let caller = try access.caller(
            authorization: head.headers["authorization"], subprotocolToken: offered.token, on: channel.eventLoop, then: then)
        guard case .known(let principal) = caller else { return .afterKeys }
        let request = UpgradeRequest(
            head: head, remote: remote,
            caller: proxies.caller(peer: IPAddress(remote), forwardedFor: head.headers["x-forwarded-for"]),
            principal: principal, authenticator: access.authenticator, node: node)
        switch endpoint.admit(request) {
        case .accept(var headers):
            if let chosen = offered.chosen { headers.replaceOrAdd(name: "Sec-WebSocket-Protocol", value: chosen) }
            if let node { headers.replaceOrAdd(name: "Tallywire-Node", value: node) }
            return .upgrade(AdmittedUpgrade(endpoint: endpoint, request: request, headers: headers))
        case .afterKeys(let status, let code, let message):
            if let then, access.authenticator.askForKeys(on: channel.eventLoop, then: then) { return .afterKeys }
            throw .refusedUpgrade(status, code: code, message: message)
        case .refuse(let status, let code, let message):
            throw .refusedUpgrade(status, code: code, message: message)
        }
    }

    /// Refuses pages of other origins, which a browser would let open a WebSocket anywhere and read from it: see ``HostPolicy``.
    /// Programs that are not browsers send no origin.
    private func foreignness(of head: HTTPRequestHead) -> Problem? {
        guard let authority = head.headers.first(name: "host"), hosts.allows(authority) else {
            return .forbidden("this server has another name: call it by the one in http.host, or by a loopback name")
        }
        guard let origin = head.headers.first(name: "origin") else { return nil }
        if hosts.allowsReader(of: origin, calling: authority) { return nil }
        return .forbidden(
            "a page of \(origin.excerpt) cannot read events here: allow its origin in http.origins, or serve it from this server")
    }

    /// Whether a key is 16 bytes in base64: 22 digits and two padding characters.
    private static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && key.hasSuffix("==")
            && key.utf8.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}

/// An admitted upgrade, with the headers of its response.
struct AdmittedUpgrade: Sendable {
    let endpoint: any UpgradeEndpoint
    let request: UpgradeRequest
    let headers: HTTPHeaders
}

extension HTTPRequestHead {
    /// Whether `Connection` contains `Upgrade`.
    var asksForConnectionUpgrade: Bool {
        headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    fileprivate var hasBody: Bool {
        headers.contains(name: "transfer-encoding") || headers["content-length"].contains { $0 != "0" }
    }
}

extension UpgradeTable {
    /// Returns a responder that answers requests on the endpoints' paths, which are the ones that were not upgraded, and passes all
    /// others to `responder`. A request on the path of a ``/HTTPEndpoints/RequestEndpoint`` that did not ask for an upgrade is passed on too.
    func answeringRefusals(before responder: @escaping HTTPChannelHandler.Responder) -> HTTPChannelHandler.Responder {
        { request, writer, channel in
            guard let endpoint = endpoint(for: request.head.path ?? "") else {
                return try await responder(request, writer, channel)
            }
            let refusal = try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: UpgradeGate.self).takeRefusal()
            }.get()
            if refusal == nil, endpoint is any RequestEndpoint { return try await responder(request, writer, channel) }
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
