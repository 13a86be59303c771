import Foundation
import TallywireAccess
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The schema of plugins.json without the plugins' own options.
enum PipelineSchema {
    /// The most sources, and the most sinks, in one file.
    static let entries = 64

    static let root: OptionSchema = [
        .optional("$schema", .string(), "Where an editor finds the JSON Schema of this file; not used otherwise."),
        .optional("journal", .object(journal), default: [:], "Where and how long events are kept."),
        .optional("http", .object(http), default: [:], "Where the server listens."),
        .optional("auth", .object(auth), default: [:], "Who may do what."),
        .optional(
            "defaultLocation", .string(limit: 32), default: "MAIN",
            "The location for movements that name none. It must exist by then."),
        .optional("shutdown", .object(shutdown), default: [:], "How the server ends."),
        .optional("engine", .object(engine), default: [:], "The limits of the writer."),
        .optional("cluster", .object(cluster), "The cluster of which this server is a node. Without it the server is by itself."),
    ]

    private static let path = OptionKind.string(limit: 4_096)

    private static let journal: OptionSchema = [
        .optional("path", path, default: "data/tallywire.db", "The SQLite file, relative to the working directory."),
        .optional("retention", .object(retention), default: [:], "How long events are kept."),
        .optional("idempotency", .object(idempotency), default: [:], "How long answers to movements with an id are kept."),
        .optional("ring", .object(ring), default: [:], "How much of the recent past is kept in memory."),
        .optional("disk", .object(disk), default: [:], "What happens before the journal's disk is full."),
    ]

    private static let disk: OptionSchema = [
        .optional(
            "warn", .size(.mebibytes(0) ... .gibibytes(65_536)), default: "1GiB",
            "With less room than this the server warns. 0: never."),
        .optional(
            "stop", .size(.mebibytes(0) ... .gibibytes(65_536)), default: "256MiB",
            "With less room than this, movements are refused until there is more. 0: never."),
    ]

    private static let retention: OptionSchema = [
        .optional("age", .duration(.seconds(60) ... .seconds(36_500 * 86_400)), default: "30d", "Older events may go."),
        .optional("size", .size(.mebibytes(1) ... .gibibytes(65_536)), default: "4GiB", "Beyond it the oldest may go."),
        .optional(
            "hardLimit", .size(.mebibytes(1) ... .gibibytes(65_536)), default: "16GiB",
            "Beyond it the oldest go, even if a sink has not read them."),
    ]

    private static let idempotency: OptionSchema = [
        .optional(
            "keep", .duration(.seconds(86_400) ... .seconds(365 * 86_400)), default: "8d",
            "How long a repeat is recognised: longer than a broker, or a phone that is offline, keeps what was not answered."),
        .optional("maximum", .integer(1_000...1_000_000_000), default: 10_000_000, "Beyond this many the oldest go early."),
    ]

    private static let ring: OptionSchema = [
        .optional("events", .integer(1...16_777_216), default: 65_536, "Events."),
        .optional("size", .size(.kibibytes(64) ... .gibibytes(64)), default: "64MiB", "Bytes of their JSON."),
    ]

    private static let http: OptionSchema = [
        .optional("host", .string(limit: 255), default: "127.0.0.1", "The address to listen on."),
        .optional("port", .integer(0...65_535), default: 8080, "The port; 0 takes a free one."),
        .optional("tls", .object(tls), "The certificate to speak HTTPS and WSS with; without it, HTTP and WS."),
        .optional(
            "origins", .list(.string(limit: 300, .origin), count: 0...100), default: [],
            "Pages of these origins may call from a browser, beside the server's own."),
        .optional(
            "trustedProxies", .list(.string(limit: 64, .addressRange), count: 0...100), default: [],
            "Proxies whose X-Forwarded-For says for whom they ask: addresses or ranges."),
        .optional(
            "base", .string(limit: 1_000, .base),
            "Where a proxy has put the server, such as https://example.com/stock or /stock: for what has to name a whole address."),
        .optional(
            "pages", path,
            "A checkout of Tallywire whose pages are served instead of those in the program, read anew each time: to work on them."),
        .optional("limits", .object(httpLimits), default: [:], "What a request may be."),
    ]

    private static let tls: OptionSchema = [
        .required("certificate", path, "The certificate and those that lead to its root, PEM. Read again when it changes."),
        .required("key", path, "Its private key, PEM without a passphrase. Read again when it changes."),
    ]

    private static let httpLimits: OptionSchema = [
        .optional("body", .size(.kibibytes(1) ... .gibibytes(1)), default: "1MiB", "The largest body of a request."),
        .optional("connections", .integer(1...1_000_000), default: 20_000, "Connections at once, WebSockets among them."),
        .optional(
            "connectionsPerAddress", .integer(1...1_000_000), "Connections at once from one address. Default: as many as in all."),
        .optional(
            "requestsPerSecond", .integer(1...1_000_000),
            "Requests from one address, steadily; ten times as many at once after a rest. Default: no limit."),
        .optional(
            "handshake", .duration(.milliseconds(100) ... .seconds(300)), default: "10s",
            "How long a new connection may take until its first request is there."),
        .optional(
            "idle", .duration(.milliseconds(100) ... .seconds(3_600)), default: "60s",
            "How long a connection may rest between requests, or take nothing of its answers."),
        .optional("streams", .integer(1...100_000), default: 1_000, "Event streams (SSE) at once."),
    ]

    private static let auth: OptionSchema = [
        .optional(
            "mode", .choice(["open", "jwt"]), default: "open",
            "`open`: everybody everything, on a loopback host only. `jwt`: who callers are is in their signed tokens."),
        .optional(
            "secret", .string(limit: 4_096, .secret), "What tokens are signed with, by HS256; at least 32 bytes.", secrecy: .whole),
        .optional(
            "jwks", .string(limit: 4_096, .jwks),
            "The keys of tokens, a JSON Web Key Set: a file, which is read again when it changes, or the URL where somebody else publishes them."
        ),
        .optional("issuer", .string(limit: 1_000), "The `iss` of others' tokens, exactly. A URL in `jwks` needs it."),
        .optional("roles", .object(roles), "Where others' tokens say their role. Default: in the claim `role`."),
        .optional("keyServer", .object(keyServer), default: [:], "How the keys of a URL in `jwks` are fetched."),
        .optional("audience", .string(limit: 200), "The `aud` that tokens have to name. Default: they have none."),
        .optional(
            "clockSkew", .duration(.zero ... .seconds(300)), default: "0s",
            "How far the clocks of those who sign tokens may be off."),
        .optional("required", .bool, default: false, "Whether callers without a token may do nothing, not even read products."),
        .optional(
            "deadline", .duration(.milliseconds(100) ... .seconds(300)), default: "10s",
            "With `required`: how long a WebSocket may stay open until its token comes in a message."),
        .optional(
            "users", .list(.object(user), count: 0...1_000), default: [],
            "Who may sign in with a password, on the pages and with POST /api/session. Needs `secret`."),
        .optional(
            "session", .duration(.seconds(60) ... .seconds(30 * 86_400)), default: "8h",
            "How long somebody who signed in stays so without renewal; pages that are open renew by themselves."),
        .optional(
            "sessionLimit", .duration(.seconds(60) ... .seconds(365 * 86_400)), default: "7d",
            "How long a session lasts with renewals."),
    ]

    private static let roles: OptionSchema = [
        .required(
            "claim", .oneOf([.string(limit: 200, .claimPath), .list(.string(limit: 200), count: 1...8)]),
            "The way to the claim with names and dots, such as `realm_access.roles`, or as a list, for names that have dots themselves."
        ),
        .optional(
            "values", .map(.choice(Role.allCases.map(\.rawValue)), count: 1...100),
            "Roles by the claim's values. Default: the values are the roles' names."),
    ]

    private static let keyServer: OptionSchema = [
        .optional(
            "refresh", .duration(.seconds(60) ... .seconds(7 * 86_400)), default: "1h",
            "The longest time from one fetch to the next. A shorter max-age of the answer counts, down to a minute."),
        .optional(
            "askAgain", .duration(.seconds(1) ... .seconds(3_600)), default: "30s",
            "How soon a token of an unknown key may have the keys fetched again."),
        .optional(
            "keep", .duration(.seconds(60) ... .seconds(30 * 86_400)), default: "24h",
            "How long keys are used after they were fetched, while the server of the keys is away."),
        .optional("timeout", .duration(.milliseconds(100) ... .seconds(60)), default: "5s", "How long one fetch may take."),
        .optional("ca", path, default: "system", "Whom to trust: a file in PEM, or “system”. Read at each fetch."),
    ]

    private static let user: OptionSchema = [
        .required("name", .string(limit: 64, .userName), "Who it is; for the role `device`, the device too."),
        .required("password", .string(limit: 512, .passwordHash), "What `tallywire password` prints.", secrecy: .whole),
        .optional("role", .choice(Role.allCases.map(\.rawValue)), default: "admin", "What they may do."),
    ]

    private static let shutdown: OptionSchema = [
        .optional(
            "drain", .duration(.zero ... .seconds(3_600)), default: "10s", "How long sinks may take to deliver what is committed.")
    ]

    private static let engine: OptionSchema = [
        .optional("inbox", .integer(1...16_777_216), default: 65_536, "Commands that may wait."),
        .optional("batch", .integer(1...1_048_576), default: 4_096, "Commands in one commit."),
        .optional(
            "lateness", .duration(.seconds(60) ... .seconds(30 * 86_400)), default: "72h",
            "How late a scan may come for a location that was counted since, and a count of what was there."),
    ]
}

extension PipelineSchema {
    /// The keys of every source's entry, beside its plugin's options.
    static let source: OptionSchema = [
        .optional("name", .string(limit: 64, .name), "Unique among sources and sinks. Default: the plugin's name."),
        .optional("enabled", .bool, default: true, "Whether it runs."),
        placement,
    ]

    private static let placement = OptionSchema.Option.optional(
        "placement", .choice([Placement.leader, .each].map(\.rawValue)),
        "In a cluster: on the node that leads, or on each node. Default: sources and durable sinks on the leader, live sinks and logs on each."
    )

    /// The keys of every sink's entry, beside its plugin's options.
    static let sink: OptionSchema = [
        .optional("name", .string(limit: 64, .name), "Unique among sources and sinks. Default: the plugin's name."),
        .optional("enabled", .bool, default: true, "Whether it runs."),
        placement,
        .optional("events", .list(.eventType, count: 1...64), "The types of event that it gets. Default: all."),
        .optional("where", .object(filter), default: [:], "Which of these events it gets. Default: all."),
        .optional("retry", .object(retry), default: [:], "How failed deliveries are tried again."),
        .optional(
            "deadLetter", path, "The file for records that it will never take. Default: dead-letter/NAME.jsonl beside the journal."),
    ]

    private static let filter: OptionSchema = [
        .optional("locations", patterns, default: [], "Location codes; `*` stands for any characters."),
        .optional("skus", patterns, default: [], "SKUs; `*` stands for any characters."),
        .optional("levels", .list(.choice(["ok", "low", "out"]), count: 0...3), default: [], "Stock levels."),
    ]

    private static let patterns = OptionKind.list(.string(limit: 64), count: 0...1_000)

    private static let retry: OptionSchema = [
        .optional(
            "initial", .duration(.milliseconds(1) ... .seconds(3_600)), default: "200ms",
            "The longest first pause; it doubles each time."),
        .optional("max", .duration(.milliseconds(1) ... .seconds(86_400)), default: "30s", "The longest pause."),
        .optional(
            "attempts", .integer(1...1_000_000),
            "After so many tries the batch goes to the dead-letter file. Default: for ever."),
        .optional(
            "rejectAfter", .integer(1...1_000), default: 3,
            "After so many refusals by the other side an event goes to the dead-letter file."),
    ]
}

extension TextRule {
    /// A secret for HS256. The mistake does not show the secret.
    static let secret = TextRule("a secret of at least \(SecretStrength.least) bytes") { text in SecretStrength.mistake(in: text) }

    /// A file of keys, or the URL of one. Over HTTP anybody on the way could put keys of their own in.
    static let jwks = TextRule("a file, or an https:// URL") { text in
        guard text.contains("://") else { return text.isEmpty ? "is empty" : nil }
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty, ["https", "http"].contains(url.scheme)
        else {
            return "“\(text)” is neither a file nor a URL such as https://login.example.com/jwks.json"
        }
        if url.scheme == "http", !LoopbackHost.matches(host) {
            return "“\(text)” needs https://: whoever sits on the way could put keys of their own into the answer"
        }
        guard url.user == nil, url.password == nil, url.fragment == nil else {
            return "the URL has a user, a password or a fragment, and keys that are published need none"
        }
        return nil
    }

    /// Names of claims with dots between them.
    static let claimPath = TextRule("names of claims with dots between them, such as realm_access.roles") { text in
        if text.contains("://") {
            return "“\(text)” would be split at its dots: write a name that has dots itself as a list, [\"\(text)\"]"
        }
        let names = text.split(separator: ".", omittingEmptySubsequences: false)
        return names.contains("") || names.count > 8 ? "“\(text)” is not 1 to 8 names with dots between them" : nil
    }

    /// An origin as browsers send it, or `*`.
    static let origin = TextRule(
        "an origin such as https://shop.example, or *", pattern: #"^(\*|https?://[^/?#\s]+)$"#
    ) { text in
        if text == "*" { return true }
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty
            && authority.unicodeScalars.allSatisfy { $0.value > 0x20 && !"/?#@\\*".unicodeScalars.contains($0) }
    }

    /// The address under which a proxy has put the server, or its path alone.
    static let base = TextRule("an address such as https://example.com/stock, or a path such as /stock, without a slash at its end")
    { text in
        OutsideAddress(text) != nil
    }

    /// An IP address or a range of them.
    static let addressRange = TextRule("an IP address, or a range such as 10.0.0.0/8") { AddressRange($0) != nil }

    /// The name of a user. For the role `device` it is the name of the device.
    static let userName = TextRule("a name (1 to 64 characters, no control characters, none of / + #)") { text in
        (1...64).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && !"/+#".unicodeScalars.contains($0) }
    }

    /// The text that `tallywire password` prints. A plain password is refused without being shown.
    static let passwordHash = TextRule("the hash of a password, as `tallywire password` prints it") { text in
        PasswordHash(text) == nil ? "it is not the hash of a password: `tallywire password` makes one" : nil
    }
}
