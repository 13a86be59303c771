import TallywireConfiguration
import TallywirePipeline

extension SinkType {
    /// `webhook`: every event as a request of HTTP, signed as Standard Webhooks 1.0 wants it.
    ///
    /// Each event is posted at least once. Without `concurrency` all are posted in order; with it the events of each variant are.
    public static let webhook = SinkType(
        "webhook", summary: "Posts each event to a URL, signed as Standard Webhooks wants it, at least once and in order.",
        schema: schema, options: WebhookOptions.self, probe: { await $0.problems($1) }, make: { try WebhookSink($0) })

    private static let secret = OptionKind.string(limit: 200, .webhookSecret)

    private static let schema = OptionSchema(
        [
            .required(
                "url", .url(schemes: ["https", "http"]),
                "Where the events are posted. Redirects are not followed, and are failures.", secrecy: .url),
            .optional(
                "secret", .oneOf([secret, .list(secret, count: 1...8)]),
                """
                What requests are signed with: whsec_ and 24 to 64 bytes in Base64 for HMAC-SHA256, or whsk_ and an Ed25519 key. Of a \
                list all sign, so that receivers can change from one to the next. Without it requests are not signed.
                """, secrecy: .whole),
            .optional(
                "body", .choice(WebhookOptions.Body.allCases.map(\.rawValue)), default: "event",
                """
                What a request carries: one event; a JSON array of events; or one CloudEvent in structured mode, of several a batch.
                """),
            .optional(
                "batch", .integer(1...1_000),
                "The most events of one request. Default: 100 with the body `batch`, else 1. The body `event` takes no other."),
            .optional("timeout", .duration(.milliseconds(100) ... .seconds(300)), default: "15s", "How long one request may take."),
            .optional(
                "headers", .map(.string(limit: 4_096, .anything), count: 0...32, key: .headerName), default: [:],
                "Header fields of each request, such as Authorization with ${file:/run/secrets/token}.", secrecy: .whole),
            .optional(
                "concurrency", .integer(1...64), default: 1,
                "How many requests may be open at once. With more than one, only the events of each variant are in order."),
            .optional(
                "allowPrivate", .bool, default: false,
                """
                Whether the URL may lead to this machine or a private network. Otherwise loopback, private, link-local and reserved \
                addresses are refused, whatever name leads to them.
                """),
            CloudEvent.Options.option,
            .optional(
                "tls", .object(TLSFiles.schema(peer: "receiver")), default: [:],
                "How TLS is spoken. The files are read when a connection is prepared."),
        ],
        example: """
            {
              "plugin": "webhook",
              "name": "erp",
              "url": "https://erp.example.com/hooks/stock",
              "secret": "${file:/run/secrets/erp-webhook}",
              "events": ["inventory_updated", "stock_alert"],
              "retry": { "max": "5m", "rejectAfter": 3 }
            }
            """)
}

extension TextRule {
    /// A secret of Standard Webhooks. The mistake does not show the text.
    static let webhookSecret = TextRule("a secret of Standard Webhooks: whsec_… or whsk_…") { text in WebhookKey.mistake(in: text) }

    /// The name of a header field that the sink does not set itself (RFC 9110, section 5.6.2).
    static let headerName = TextRule("the name of a header field that the sink does not set itself") { text in
        let marks = "!#$%&'*+-.^_`|~"
        let isToken =
            (1...128).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9") ~= $0 || marks.unicodeScalars.contains($0))
            }
        return isToken && !reserved.contains(text.lowercased())
    }

    private static let reserved: Set = [
        "host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    ]
}
