import TallywireAccess

/// The addresses to which a server must not be led by a name of somebody else's: this machine, private networks, the metadata service
/// of a cloud.
enum PrivateAddresses {
    /// The ranges that IANA's registries of special-purpose addresses do not call globally reachable, and multicast:
    /// https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry.
    private static let ranges: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32",
        "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        // These carry an IPv4 address, which may be any: NAT64, Teredo, 6to4, IPv4-compatible.
        "64:ff9b::/96", "2001::/32", "2002::/16", "::/96",
    ].compactMap { AddressRange($0) }

    static func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }
}
