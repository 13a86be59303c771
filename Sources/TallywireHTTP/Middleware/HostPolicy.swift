import Hummingbird

/// Under which names this server may be addressed, and which pages may change something.
///
/// A server without authentication on loopback is still within reach of every page that a browser on this machine opens. Two things
/// keep such pages out. A page of another origin cannot change anything: browsers name the origin, and it has to be this server's.
/// And a page cannot pretend to be of this origin by pointing its own name at 127.0.0.1 (DNS rebinding): the name it used stands in
/// `Host`, and has to be one of ours.
public struct HostPolicy: Equatable, Sendable {
    /// Further names, without port, in any case. `*` allows every name, for servers whose callers have to authenticate.
    public var names: [String]

    public init(names: [String] = []) {
        self.names = names.map { $0.lowercased() }
    }

    /// Whether `authority`, a host with or without a port, addresses this server.
    func allows(_ authority: String) -> Bool {
        let host = Self.host(of: authority)
        return names.contains("*") || names.contains(host) || Self.isLoopback(host)
    }

    /// The host without its port, in lower case; an IPv6 address without its brackets.
    static func host(of authority: String) -> String {
        let authority = authority.lowercased()
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        // More than one colon without brackets is an IPv6 address that has no port.
        if authority.count(where: { $0 == ":" }) > 1 { return authority }
        return String(authority.prefix { $0 != ":" })
    }

    /// `localhost` and names under it (RFC 6761), 127.0.0.0/8, ::1.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
