import TallywireConfiguration
import TallywirePipeline

/// The topics of an entry's scanners, for an access list.
struct ScannerTopics {
    private let scans: ScanTopic
    /// The topics of the scanners' statuses; `nil` for none.
    private let statuses: ScanTopic?
    /// The topics to which gateways subscribe for feedback.
    private let feedback: [FeedbackTopic]

    init(_ options: ConfigurationValue, scans: ScanTopic) throws {
        self.scans = scans
        let template = options["statusTopic"]?.string ?? scans.statusTemplate
        statuses = template.isEmpty ? nil : try ScanTopic(template: template)
        guard case .object(let devices)? = options["devices"]?.content else {
            feedback = []
            return
        }
        feedback = try Set(devices.compactMap { $0.value["feedback"]?["topic"]?.string }).sorted().map { try FeedbackTopic($0) }
    }

    /// The rights of a scanner, by the name with which it logged in. A gateway may read its own feedback.
    var patterns: [String] {
        ["pattern write \(scans.pattern("%u"))", "pattern read \(scans.own("%u"))"]
            + (statuses.map { ["pattern write \($0.pattern("%u"))"] } ?? [])
            + feedback.map { "pattern read \($0.own("%u"))" }
    }

    var serverRules: [String] {
        ["topic readwrite \(scans.own("+"))"] + (statuses.map { ["topic read \($0.filter)"] } ?? [])
            + feedback.map { "topic write \($0.filter)" }
    }

    /// The rules that refuse users who are not scanners.
    var denials: [String] {
        ["topic deny \(scans.own("+"))"] + (statuses.map { ["topic deny \($0.filter)"] } ?? [])
    }

    /// What an entry with these options needs at its broker.
    static func rules(_ options: ConfigurationValue) throws -> BrokerRules {
        let topics = try ScannerTopics(options, scans: ScanTopic(template: options["topic"]?.string ?? ""))
        var devices: [String] = []
        if case .object(let members)? = options["devices"]?.content { devices = members.map(\.key).filter { !$0.contains("*") } }
        return BrokerRules(server: topics.serverRules, patterns: topics.patterns, denials: topics.denials, devices: devices)
    }
}
