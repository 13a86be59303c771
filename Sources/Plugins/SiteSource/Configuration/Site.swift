import TallywireConfiguration
import TallywirePipeline

extension SourceType {
    /// `tallywire-site`: the stock of another Tallywire, live, at locations of its own here.
    public static let site = SourceType(
        "tallywire-site", summary: "Follows another Tallywire, so that its stock is here too, live and by location.",
        schema: schema, options: SiteOptions.self,
        problems: { options, _ in options.mistakes() },
        probe: { options, context in await options.problems(context) }, make: { SiteSource($0) })

    private static let url = OptionKind.url(schemes: ["https", "http"])

    private static let schema = OptionSchema(
        [
            .required(
                "url", .oneOf([url, .list(url, count: 1...16)]),
                """
                The site's server, such as `https://berlin.example.com`, or a list with the nodes of its cluster. The source goes on at the next \
                one when one fails.
                """, secrecy: .url),
            .optional(
                "site", .string(limit: SiteName.limit, .site),
                "The name of the site: its location `WH1` is `SITE:WH1` here. Default: the entry's name."),
            .optional(
                "token", .string(limit: 8_192, .token),
                "A token of the site with the role `admin`, such as `${file:/run/secrets/berlin}`, if the site asks for tokens.",
                secrecy: .whole),
            .optional(
                "catalogue", .bool, default: false,
                """
                Whether the site owns the catalogue: products and variants are created, changed and removed here as they are there. One site at \
                most.
                """),
            .optional(
                "timeout", .duration(.milliseconds(100) ... .seconds(300)), default: "15s",
                "How long one answer of the site may take. The stream of its events has no such limit."),
            .optional(
                "recheck", .duration(.milliseconds(50) ... .seconds(3_600)), default: "2s",
                "How often the source looks whether a SKU of the site that was unknown here is known now."),
            .optional(
                "tls", .object(TLSFiles.schema(peer: "site")), default: [:],
                "How TLS is spoken. The files are read when the source starts."),
        ],
        example: """
            {
              "plugin": "tallywire-site",
              "name": "berlin",
              "url": "https://berlin.example.com",
              "token": "${file:/run/secrets/berlin-token}",
              "catalogue": true
            }
            """)
}

extension TextRule {
    /// The name of a site, which begins the codes of its locations here.
    static let site = TextRule(
        "a site's name (1 to \(SiteName.limit) letters, digits, - and _)", pattern: "^[A-Za-z0-9_-]{1,\(SiteName.limit)}$"
    ) { text in TextRule.name.mistake(text) == nil && text.utf8.count <= SiteName.limit }

    /// A token: visible ASCII. The mistake does not show the text.
    static let token = TextRule("a token") { (text: String) -> String? in
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            ? nil : "a token has only visible characters of ASCII: is there a line end or a space too many?"
    }
}
