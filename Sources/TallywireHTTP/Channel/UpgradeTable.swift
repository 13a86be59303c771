import NIOCore
import NIOHTTP1
import TallywirePipeline

/// The endpoints by their paths, and the decision whether a request may become a WebSocket connection.
struct UpgradeTable: Sendable {
    private let endpoints: [String: any UpgradeEndpoint]

    init(_ endpoints: [any UpgradeEndpoint]) {
        self.endpoints = Dictionary(endpoints.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a request's target is an endpoint's path.
    func serves(_ target: some StringProtocol) -> Bool { endpoint(for: target) != nil }

    private func endpoint(for target: some StringProtocol) -> (any UpgradeEndpoint)? {
        endpoints[target.firstIndex(of: "?").map { String(target[..<$0]) } ?? String(target)]
    }

    /// What to do with a request that has an `Upgrade` header.
    enum Decision {
        case upgrade(AdmittedUpgrade)
        case refuse(UpgradeRefusal)
        /// It goes to the router without the header.
        case ignore
    }

    /// Decides on a request. Everything that RFC 6455, section 4.2.1, asks of a handshake is checked here, so that what is
    /// admitted cannot fail any more.
    func decide(_ head: HTTPRequestHead, isFirst: Bool, remote: SocketAddress?) -> Decision {
        guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            let endpoint = endpoint(for: head.uri)
        else { return .ignore }
        guard isFirst else {
            return .refuse(.invalid("an upgrade has to be the first request of its connection"))
        }
        guard head.method == .GET, head.version == .http1_1, head.asksForConnectionUpgrade,
            head.headers[canonicalForm: "sec-websocket-version"] == ["13"]
        else { return .refuse(.upgradeRequired) }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, Self.isKey(keys[0]) else {
            return .refuse(.invalid("Sec-WebSocket-Key is not 16 bytes in base64"))
        }
        guard !head.hasBody else { return .refuse(.invalid("a request for an upgrade has no body")) }
        switch endpoint.admit(head, remote: remote) {
        case .accept(let headers): return .upgrade(AdmittedUpgrade(endpoint: endpoint, headers: headers))
        case .refuse(let status, let code, let message):
            return .refuse(UpgradeRefusal(status: status, code: code, message: message))
        }
    }

    /// Whether a key is 16 bytes in base64: 22 digits and two signs of padding.
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

/// An upgrade that will happen, and the headers for its response.
struct AdmittedUpgrade: Sendable {
    let endpoint: any UpgradeEndpoint
    let headers: HTTPHeaders
}

/// Why a request does not become a WebSocket connection.
struct UpgradeRefusal: Equatable, Sendable {
    let status: HTTPResponseStatus
    let code: String
    let message: String

    static let upgradeRequired = UpgradeRefusal(
        status: .upgradeRequired, code: "upgrade_required", message: "this path speaks WebSocket, version 13")

    static func invalid(_ message: String) -> UpgradeRefusal {
        UpgradeRefusal(status: .badRequest, code: "invalid_request", message: message)
    }
}

extension HTTPRequestHead {
    /// Whether `Connection` names `Upgrade`.
    var asksForConnectionUpgrade: Bool {
        headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    fileprivate var hasBody: Bool {
        headers.contains(name: "transfer-encoding") || headers["content-length"].contains { $0 != "0" }
    }
}
