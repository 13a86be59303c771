import Foundation
import NIOCore

/// An IP address. An IPv4 address that came as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
public struct IPAddress: Hashable, Sendable {
    /// The bits of an IPv6 address; an IPv4 address is in its mapped form (RFC 4291, section 2.5.5.2).
    fileprivate let bits: UInt128

    fileprivate static let mapped: UInt128 = 0xFFFF << 32

    private init(bits: UInt128) { self.bits = bits }

    /// Reads `192.0.2.1` or `2001:db8::1`, without a port. Brackets and a zone are allowed.
    public init?(_ text: some StringProtocol) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
        if let v4 = Self.bits(AF_INET, 4, bare) {
            bits = Self.mapped | v4
        } else if let v6 = Self.bits(AF_INET6, 16, String(bare.prefix { $0 != "%" })) {
            bits = v6
        } else {
            return nil
        }
    }

    /// The address as a number, read by the C library.
    private static func bits(_ family: Int32, _ size: Int, _ text: String) -> UInt128? {
        var bytes = [UInt8](repeating: 0, count: size)
        guard inet_pton(family, text, &bytes) == 1 else { return nil }
        return bytes.reduce(0) { ($0 << 8) | UInt128($1) }
    }

    /// The address of a peer; `nil` for a peer without one, such as a Unix socket.
    public init?(_ peer: SocketAddress?) {
        guard let text = peer?.ipAddress else { return nil }
        self.init(text)
    }

    public var isV4: Bool { bits >> 32 == 0xFFFF }

    /// The address by which limits count: an IPv4 address itself, of an IPv6 address its /64, which belongs to one customer (RFC
    /// 6177).
    public var countedAddress: IPAddress { isV4 ? self : IPAddress(bits: (bits >> 64) << 64) }
}

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public struct AddressRange: Hashable, Sendable {
    private let first: UInt128
    private let mask: UInt128

    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }), parts.count <= 2 else { return nil }
        let width = address.isV4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...width).contains(given), parts[1].allSatisfy(\.isNumber) else { return nil }
            length = given
        }
        let total = length + 128 - width
        mask = total == 0 ? 0 : ~UInt128.zero << (128 - total)
        first = address.bits & mask
    }

    public func contains(_ address: IPAddress) -> Bool { address.bits & mask == first }
}

/// Finds the caller behind proxies.
public struct TrustedProxies: Sendable {
    /// The most entries of `X-Forwarded-For` that are looked at.
    private static let hops = 32
    private let ranges: [AddressRange]

    public init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

    public func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Returns the caller: the peer, or if the peer is a trusted proxy, the last address of `X-Forwarded-For` that is not one.
    ///
    /// Each proxy appends the address from which it got the request. So the list is believed from its end, and only as far as
    /// trusted proxies wrote it. Entries that a caller wrote itself stand before those.
    public func caller(peer: IPAddress?, forwardedFor fields: [String]) -> IPAddress? {
        guard var caller = peer, !ranges.isEmpty else { return peer }
        let list = fields.joined(separator: ",").split(separator: ",").suffix(Self.hops)
        for entry in list.reversed() {
            guard contains(caller), let before = IPAddress(Self.host(of: entry)) else { break }
            caller = before
        }
        return caller
    }

    /// An entry without its spaces, and without its port.
    private static func host(of entry: Substring) -> Substring {
        let bare = entry.drop { $0 == " " || $0 == "\t" }
        let text = bare.prefix { $0 != " " && $0 != "\t" }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return text[...end] }
        return text.count(where: { $0 == ":" }) == 1 ? text.prefix { $0 != ":" } : text
    }
}
