import MQTTConnection
import TallywireConfiguration
import TallywirePipeline

/// A rule of the `mqtt` sink, for an access list.
struct PublicationRights: Equatable, Sendable {
    let topic: EventTopic
    let isDisplay: Bool

    /// The rules of the sink with these options.
    static func all(_ options: ConfigurationValue) throws -> [PublicationRights] {
        guard case .list(let rules)? = options["publish"]?.content else { return [] }
        return try rules.compactMap { rule in
            guard let topic = rule["topic"]?.string else { return nil }
            // With an object as payload, the rule is for displays.
            let isObject = if case .object? = rule["payload"]?.content { true } else { false }
            return PublicationRights(topic: try EventTopic(topic), isDisplay: isObject || rule["payload"]?.string == "display")
        }
    }

    /// The topics as a filter: a level with a placeholder is any level, except that of the location if one is given.
    func filter(at location: String? = nil) -> String { topic.template.filter { $0 == .location ? location : nil } }

    /// The server writes, and reads displays to compare the retained messages. Displays write their confirmations.
    var serverRules: [String] {
        isDisplay ? ["topic readwrite \(filter())", "topic read \(filter())/shown"] : ["topic write \(filter())"]
    }

    func displayRules(at location: String?) -> [String] {
        ["topic read \(filter(at: location))", "topic write \(filter(at: location))/shown"]
    }

    /// What an entry with these options needs at its broker.
    static func rules(_ options: ConfigurationValue) throws -> BrokerRules {
        let own = try all(options)
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
