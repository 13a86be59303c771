import TallywireConfiguration

/// The cluster to which this server belongs, as one of its nodes.
public struct ClusterSettings: Decodable, Equatable, Sendable {
    /// The name of the cluster: its keys in etcd begin with `tallywire/SITE/`.
    public var site: String
    /// The name of this node, which no other node of the cluster has.
    public var node: String
    /// The client URLs of etcd's members.
    public var endpoints: [String]
    /// The URL at which the other nodes reach this one, without a slash at its end. Default: where the server listens.
    public var address: String?
    /// The files for `https` endpoints and addresses.
    public var tls: TLSFiles?
    /// What nodes show each other when they forward commands and copy journals. The same for all nodes.
    public var secret: String
}

extension PipelineSchema {
    static let cluster: OptionSchema = [
        .required(
            "site", .string(limit: 64, .site),
            "The name of the cluster. Its keys in etcd begin with `tallywire/SITE/`."),
        .required("node", .string(limit: 64, .site), "The name of this node, which no other node of the cluster has."),
        .required(
            "endpoints", .list(.url(schemes: ["http", "https"]), count: 1...16), "The client URLs of etcd's members, all of them."),
        .optional(
            "address", .url(schemes: ["http", "https"]),
            "Where the other nodes reach this one. Default: where the server listens, which they cannot reach if that is a loopback address."
        ),
        .optional("tls", .object(clusterTLS), "Whom to trust, and who this node is, where endpoints or addresses are https."),
        .required(
            "secret", .string(limit: 4_096, .secret),
            "What nodes show each other when they forward commands and copy journals: the same for all nodes, at least 32 bytes.",
            secrecy: .whole),
    ]

    private static let clusterTLS: OptionSchema = [
        .optional("ca", .string(limit: 4_096), "The authorities to trust, a file in PEM. Default: those of the system."),
        .optional("certificate", .string(limit: 4_096), "This node's certificate for etcd and other nodes, a file in PEM."),
        .optional("key", .string(limit: 4_096), "Its private key, a file in PEM."),
    ]
}

extension TextRule {
    /// A name in the keys of etcd.
    fileprivate static let site = TextRule("a name (1 to 64 letters, digits, “.”, “_” and “-”)", pattern: "^[A-Za-z0-9._-]{1,64}$")
    {
        text in
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
