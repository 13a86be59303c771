import Hummingbird
import TallywireAccess

/// The names under which this server may be addressed, and the pages that may call it.
///
/// A server without authentication on loopback can be reached by every page that a browser on this machine opens. Two checks keep
/// such pages out. A page of another origin cannot change anything: browsers send the origin, and it has to be this server's or an
/// allowed one. And a page cannot pretend to be of this origin by resolving its own name to 127.0.0.1 (DNS rebinding): the name in
/// `Host` has to be one of the server's.
public struct HostPolicy: Equatable, Sendable {
    /// Further names, without port, in any case. `*` allows every name, for servers whose callers have to authenticate.
    public var names: [String]
    /// Origins such as `https://shop.example` whose pages may call; `*` allows all.
    public var origins: [String]

    public init(names: [String] = [], origins: [String] = []) {
        self.names = names.map { $0.lowercased() }
        self.origins = origins.map { $0.lowercased() }
    }

    /// Whether `text` is a host with or without a port, as in `Host` (RFC 9110, section 7.2). An IPv6 address may lack its
    /// brackets, as some programs write it. An empty text, which a request without any authority has, names no server.
    static func isAuthority(_ text: String) -> Bool {
        let text = Substring(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return false }
            return isAddress(text[text.index(after: text.startIndex)..<end]) && isPort(text[text.index(after: end)...])
        }
        if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1 { return isAddress(text) }
        let host = text.prefix { $0 != ":" }
        return !host.isEmpty && host.utf8.allSatisfy(isNameByte) && isPort(text[host.endIndex...])
    }

    private static func isAddress(_ text: Substring) -> Bool { text.contains(":") && IPAddress(text) != nil }

    /// Whether `text` is empty, or a colon and a port.
    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        return first == ":" && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && (digits.isEmpty || UInt16(digits) != nil)
    }

    /// Whether a byte can occur in a name: letters, digits, the punctuation of host names, and percent-encoded bytes beyond ASCII.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"): true
        default: false
        }
    }

    /// Whether `authority`, a host with or without a port, addresses this server.
    package func allows(_ authority: String) -> Bool {
        guard Self.isAuthority(authority) else { return false }
        let host = Self.host(of: authority)
        return names.contains("*") || names.contains(host) || Self.isLoopback(host)
    }

    /// Whether `origin` is in the list of allowed origins.
    package func lists(_ origin: String) -> Bool { origins.contains("*") || origins.contains(origin.lowercased()) }

    /// Whether a page of `origin` may call the server at `authority`, also with changes: the origin is the server's own, or
    /// allowed.
    package func allowsPage(of origin: String, calling authority: String?) -> Bool {
        if lists(origin) { return true }
        guard let page = Self.authority(of: origin), let authority else { return false }
        return page == authority.lowercased()
    }

    /// Whether a page of `origin` may read through a WebSocket. Besides the pages that may call, that is a page whose host is one
    /// of ``names``, or a page on this machine if it calls the server by a loopback name.
    func allowsReader(of origin: String, calling authority: String) -> Bool {
        if allowsPage(of: origin, calling: authority) { return true }
        guard let page = Self.authority(of: origin).map(Self.host) else { return false }
        return names.contains(page) || Self.isLoopback(page) && Self.isLoopback(Self.host(of: authority))
    }

    /// Host and port of a web origin; `nil` for others, such as `null` and those of extensions.
    private static func authority(of origin: String) -> String? {
        let origin = origin.lowercased()
        return ["http://", "https://"].first { origin.hasPrefix($0) }.map { String(origin.dropFirst($0.count)) }
    }

    /// The host without its port, in lower case, and without the brackets of an IPv6 address.
    package static func host(of authority: String) -> String {
        let authority = authority.lowercased()
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        // More than one colon without brackets is an IPv6 address without a port.
        if authority.count(where: { $0 == ":" }) > 1 { return authority }
        return String(authority.prefix { $0 != ":" })
    }

    /// Whether the host is `localhost` or a name under it (RFC 6761), in 127.0.0.0/8, or ::1.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
