import HTTPTypes
import NIOHTTP1

/// Finds the token in a request (RFC 6750). It is never looked for in the address, which ends up in logs and histories.
enum BearerToken {
    /// What the header `Authorization` holds: a token, or nothing.
    static func read(authorization fields: [String]) throws(Problem) -> String? {
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw .invalidRequest("there is more than one Authorization", field: "Authorization") }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthenticated("Authorization is “Bearer” and a token here", error: "invalid_request")
        }
        return parts[1].trimmingCharacters(in: " \t")
    }
}

/// What a WebSocket handshake says by its subprotocols (RFC 6455, section 1.9): browsers cannot set headers, but these.
struct OfferedSubprotocols {
    /// The token of `bearer.TOKEN`.
    let token: String?
    /// The one that the answer names, if it names any. A browser ends a connection that was offered some and got none.
    let chosen: String?

    /// The subprotocol that the rooms speak.
    static let own = "tallywire"
    private static let prefix = "bearer."

    init(_ headers: HTTPHeaders) {
        let offered = headers[canonicalForm: "sec-websocket-protocol"]
        let bearer = offered.first { $0.hasPrefix(Self.prefix) }
        token = bearer.map { String($0.dropFirst(Self.prefix.count)) }
        // The token is only sent back where a browser would otherwise refuse the answer.
        chosen = offered.contains(where: { $0 == Self.own }) ? Self.own : bearer.map(String.init)
    }
}

extension Substring {
    fileprivate func trimmingCharacters(in set: String) -> String {
        String(drop { set.contains($0) }.reversed().drop { set.contains($0) }.reversed())
    }
}
