import TallywireConfiguration
import TallywirePipeline

/// A rule of the `mqtt` sink, for an access list.
struct PublicationRights: Equatable, Sendable {
    /// The topic's levels, with placeholders such as `{sku}`.
    let levels: [Substring]
    let isDisplay: Bool

    /// The rules of the sink with these options.
    static func all(_ options: ConfigurationValue) -> [PublicationRights] {
        guard case .list(let rules)? = options["publish"]?.content else { return [] }
        return rules.compactMap { rule in
            rule["topic"]?.string.map { topic in
                // With an object as payload, the rule is for displays.
                if case .object? = rule["payload"]?.content { return PublicationRights(topic: topic, isDisplay: true) }
                return PublicationRights(topic: topic, isDisplay: rule["payload"]?.string == "display")
            }
        }
    }

    init(topic: String, isDisplay: Bool) {
        // The pieces may outlive the string from which they are cut.
        levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        self.isDisplay = isDisplay
    }

    /// The topics as a filter: a level with a placeholder is any level, except that of the location if one is given.
    func filter(at location: String? = nil) -> String {
        levels.map { level in
            if let location, level == "{location}" { return location }
            return level.contains("{") ? "+" : String(level)
        }.joined(separator: "/")
    }

    /// The server writes, and reads displays to compare the retained messages. Displays write their confirmations.
    var serverRules: [String] {
        isDisplay ? ["topic readwrite \(filter())", "topic read \(filter())/shown"] : ["topic write \(filter())"]
    }

    func displayRules(at location: String?) -> [String] {
        ["topic read \(filter(at: location))", "topic write \(filter(at: location))/shown"]
    }

    /// What an entry with these options needs at its broker.
    static func rules(_ options: ConfigurationValue) -> BrokerRules {
        let own = all(options)
        var server = own.flatMap(\.serverRules)
        if let status = options["statusTopic"]?.string, !status.isEmpty {
            server.append("topic readwrite \(status)")
            // How the sink finds the end of what the broker keeps.
            if own.contains(where: \.isDisplay) { server.append("topic readwrite \(status)/marker") }
        }
        let displays = own.filter(\.isDisplay)
        return BrokerRules(server: server, display: { location in displays.flatMap { $0.displayRules(at: location) } })
    }
}
