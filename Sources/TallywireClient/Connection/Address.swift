import Foundation

extension TallywireClient {
    /// The address of a server's WebSocket.
    struct Address: Equatable, Sendable {
        let host: String
        let port: Int
        let isSecure: Bool
        /// The path with the query.
        let target: String

        init(_ url: String) throws(Failure) {
            guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
                let scheme = parts.scheme?.lowercased(), ["ws", "wss", "http", "https"].contains(scheme)
            else { throw Failure(.invalidURL, "“\(url)” is no address of a WebSocket: it begins with ws:// or wss://") }
            guard AddressPort.isFit(url) else {
                throw Failure(.invalidURL, "“\(url)” is no address: a port is a number from 1 to 65535")
            }
            isSecure = scheme == "wss" || scheme == "https"
            // IPv6 addresses are in brackets in a URL, and nowhere else.
            self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            port = parts.port ?? (isSecure ? 443 : 80)
            var path = parts.percentEncodedPath
            if path.isEmpty { path = "/" }
            // An address of HTTP with a slash at its end is that of a server, which may be under a path.
            if path == "/" || scheme.hasPrefix("http") && path.hasSuffix("/") { path += "ws" }
            target = path + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
        }

        /// The value of the `Host` field.
        var authority: String {
            let name = host.contains(":") ? "[\(host)]" : host
            return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
        }
    }
}

/// Checks the port of a URL as it is written: `URLComponents` reads a port that is too large as none, or as a number that is not a
/// port.
package enum AddressPort {
    /// Whether the URL has no port, or one from 1 to 65535.
    package static func isFit(_ url: String) -> Bool {
        let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let tail = host.lastIndex(of: "]").map { host[host.index(after: $0)...] } ?? host
        guard let colon = tail.lastIndex(of: ":") else { return true }
        let digits = tail[tail.index(after: colon)...]
        return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(digits).map { $0 > 0 } == true
    }
}
