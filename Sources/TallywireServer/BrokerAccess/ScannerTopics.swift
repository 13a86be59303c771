import MQTTScanners
import TallywirePipeline

/// The topics of an entry's scanners, as an access list sees them.
struct ScannerTopics {
    private let scans: ScanTopic
    /// Where they say whether they are there; `nil` if nowhere.
    private let statuses: ScanTopic?
    /// Where gateways hear what a worker is to be told, with places.
    private let feedback: [String]

    init(_ options: ConfigurationValue, scans: ScanTopic) throws {
        self.scans = scans
        let template = options["statusTopic"]?.string ?? scans.statusTemplate
        statuses = template.isEmpty ? nil : try ScanTopic(template: template)
        guard case .object(let devices)? = options["devices"]?.content else {
            feedback = []
            return
        }
        feedback = Set(devices.compactMap { $0.value["feedback"]?["topic"]?.string }).sorted()
    }

    /// What a scanner may, by the name that it logged in with. Of feedback a gateway may read its own.
    var patterns: [String] {
        ["pattern write \(scans.pattern("%u"))", "pattern read \(scans.own("%u"))"]
            + (statuses.map { ["pattern write \($0.pattern("%u"))"] } ?? [])
            + feedback.map { template in
                let own = template.contains("{gateway}") ? "{gateway}" : "{device}"
                return "pattern read \(Self.filter(template, own: own))"
            }
    }

    var serverRules: [String] {
        ["topic readwrite \(scans.own("+"))"] + (statuses.map { ["topic read \($0.filter)"] } ?? [])
            + feedback.map { "topic write \(Self.filter($0, own: nil))" }
    }

    /// What keeps those out who are no scanners.
    var denials: [String] {
        ["topic deny \(scans.own("+"))"] + (statuses.map { ["topic deny \($0.filter)"] } ?? [])
    }

    /// `template` with `%u` for the level that is `own`, and any level for the other places.
    private static func filter(_ template: String, own: String?) -> String {
        template.split(separator: "/", omittingEmptySubsequences: false)
            .map { level in level[...] == own?[...] ? "%u" : level.contains("{") ? "+" : String(level) }
            .joined(separator: "/")
    }
}
