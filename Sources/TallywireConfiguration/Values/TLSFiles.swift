/// The option `tls` of a plugin that calls a server: whom to trust, and who we are. All are paths of files in PEM.
///
/// ```swift
/// .optional("tls", .object(TLSFiles.schema(peer: "receiver")), default: [:], "How TLS is spoken.")
/// ```
///
/// The files are not read here: `ClientTLS` makes a configuration of NIO's TLS of them, and a plugin over another library hands on the paths.
public struct TLSFiles: Decodable, Equatable, Sendable {
    /// The authorities to trust; `nil` for those of the system, which plugins.json calls `system`.
    public var authority: String?
    /// Our certificate, for a server that asks for one.
    public var certificate: String?
    /// Its key, without a passphrase.
    public var key: String?

    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    private enum CodingKeys: String, CodingKey {
        case ca, certificate, key
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let ca = try values.decodeIfPresent(String.self, forKey: .ca)
        authority = ca == "system" ? nil : ca
        certificate = try values.decodeIfPresent(String.self, forKey: .certificate)
        key = try values.decodeIfPresent(String.self, forKey: .key)
    }

    /// The keys of the option.
    ///
    /// - Parameters:
    ///   - peer: what the server is called, such as `receiver`.
    ///   - trust: what `ca` means, if its authorities do not take the place of the system's.
    public static func schema(
        peer: String, trust: String = "Whom to trust: a file in PEM, or “system”."
    ) -> OptionSchema {
        OptionSchema([
            .optional("ca", .string(limit: 4_096), default: "system", trust),
            .optional("certificate", .string(limit: 4_096), "Our certificate, a file in PEM, if the \(peer) asks for one."),
            .optional("key", .string(limit: 4_096), "Its key, a file in PEM without a passphrase."),
        ])
    }

    /// What is wrong with the option `tls` and no schema can express; `nil` if nothing is.
    public var mistake: OptionError? {
        (certificate == nil) == (key == nil)
            ? nil : OptionError("tls", message: "“certificate” and “key” belong together: give both or neither")
    }
}
