import Foundation

extension TallywireClient {
    /// Where a server's WebSocket is.
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
            isSecure = scheme == "wss" || scheme == "https"
            // IPv6 addresses stand in brackets in a URL, and nowhere else.
            self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            port = parts.port ?? (isSecure ? 443 : 80)
            let path = parts.percentEncodedPath
            target = (path.isEmpty || path == "/" ? "/ws" : path) + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
        }

        /// As it stands in the `Host` field.
        var authority: String {
            let name = host.contains(":") ? "[\(host)]" : host
            return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
        }
    }
}
