import TallywireConfiguration

/// The schema of ``BrokerOptions`` in plugins.json.
public enum BrokerSchema {
    private static let url = OptionKind.url(schemes: ["mqtt", "mqtts"])

    /// The keys, for the schema of a plugin.
    public static let options: [OptionSchema.Option] = [
        .required(
            "broker", .oneOf([url, .list(url, count: 1...16)]),
            "The broker: mqtt://[user:password@]host[:port], or mqtts://… over TLS. Of a list the first that answers is used.",
            secrecy: .url),
        .optional("user", .string(), "Who logs in, where the URL has no user."),
        .optional("password", .string(), "The user's password, such as ${file:/run/secrets/mqtt}.", secrecy: .whole),
        .optional("tls", .object(tls), "How TLS is spoken with mqtts://. The files are read at each connection."),
    ]

    private static let tls = OptionSchema([
        .optional("ca", .string(), default: "system", "Whom to trust: a file in PEM, or “system”."),
        .optional("certificate", .string(), "Our certificate, a file in PEM, if the broker asks for one."),
        .optional("key", .string(), "Its key, a file in PEM."),
        .optional(
            "keyPassword", .string(), "What the key's file is encrypted with, such as ${file:/run/secrets/key}.", secrecy: .whole),
        .optional("serverName", .string(limit: 253), "The name that the broker's certificate is for, if that is not its host."),
        .optional(
            "verify", .choice(["full", "chain", "none"]), default: "full",
            "What is checked: all; not the name; nothing at all. Less than all is insecure, and said in the log."),
        .optional("alpn", .list(.string(limit: 255), count: 0...8), default: [], "Protocols to offer in the handshake."),
        .optional("minimumVersion", .choice(["1.2", "1.3"]), default: "1.2", "The oldest TLS to speak."),
    ])
}
