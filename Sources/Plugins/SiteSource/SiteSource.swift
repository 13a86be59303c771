import TallywirePipeline

/// The source `tallywire-site`: follows the events of another Tallywire, the *site*, and sets its stock here.
///
/// ## What is guaranteed
/// - The stock of the site's location `WH1` is at `SITE:WH1` here, in the order in which it changed there. An older value never
///   overwrites a newer one, whatever is repeated, cut or restarted.
/// - Nothing is missed. A position of which the site does not have all that follows leads to a snapshot: everything is read anew, and only what
///   differs is changed.
/// - What cannot be here, such as the stock of an unknown SKU, is counted and named in the source's status, and is corrected once it can.
///
/// Reservations, counts, alerts and devices of a site stay at the site.
struct SiteSource: Source {
    private let options: SiteOptions
    /// How long the site may send nothing.
    private let silence: Duration

    init(_ options: SiteOptions, silence: Duration = SiteClient.silence) {
        self.options = options
        self.silence = silence
    }

    func run(_ context: SourceContext) async throws {
        let name = try options.name(of: context.name)
        let client = try SiteClient(options, version: context.version, silence: silence)
        defer { client.close() }
        try await SiteFollower(name, options, client, context).run()
    }
}
