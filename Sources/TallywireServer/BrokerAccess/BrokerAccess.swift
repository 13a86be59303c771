import MQTTConnection
import MQTTScanners
import Mosquitto
import TallywirePipeline

/// The rights at the broker of a configuration: the fewest that the server, its scanners and its displays need.
struct BrokerAccess: Equatable {
    /// A user who logs in at the broker.
    struct User: Equatable {
        var name: String
        /// `nil` for a password that still has to be chosen.
        var password: String?
        /// What the user is, for readers of the file.
        var comment: String
        var rules: [String]
    }

    /// The server comes first, then scanners and displays by name.
    private(set) var users: [User] = []
    /// The rules for every user by the name with which it logged in: `%u`.
    private(set) var patterns: [String] = []
    /// The broker's address, as the configuration has it.
    let broker: BrokerAddress

    /// The server's user name if plugins.json names none.
    static let defaultUser = "tallywire"

    /// A display, and the location whose topics it may read; `nil` for all locations.
    struct Display: Equatable {
        var name: String
        var location: String?
    }

    /// Collects the rights that the entries of `settings` need, with these scanners and displays. Scanners that `devices` names are
    /// included. Throws ``Failure`` if the entries have more than one broker, or none.
    init(_ settings: PipelineConfiguration, scanners: [String], displays: [Display]) throws {
        let sources = settings.sources.filter { $0.plugin == "mqtt-scanners" }
        let sinks = settings.sinks.filter { $0.plugin == "mqtt" }
        let entries = try sources.map { try EntryBroker($0.options) } + sinks.map { try EntryBroker($0.options) }
        guard let first = entries.first?.broker.first else { throw Failure("error: no entry has a broker") }
        if let other = entries.first(where: { $0.broker.first.host != first.host || $0.broker.first.port != first.port }) {
            throw Failure.usage(
                "the entries have several brokers, \(first) and \(other.broker.first): leave the others out with --without")
        }
        broker = first

        let scans = try sources.map { try ScanTopic(template: $0.options["topic"]?.string ?? "") }
        let publications = sinks.flatMap { Publication.all($0.options) }
        // The patterns would let a display publish scans under its own name.
        var denials: [String] = []
        for (source, topic) in zip(sources, scans) {
            let scanners = try ScannerTopics(source.options, scans: topic)
            patterns += scanners.patterns
            denials += scanners.denials
            add(try EntryBroker(source.options).loginOrDefault, scanners.serverRules)
        }
        for sink in sinks {
            let own = Publication.all(sink.options)
            var rules = own.flatMap(\.serverRules)
            if let status = sink.options["statusTopic"]?.string {
                rules.append("topic readwrite \(status)")
                // The sink needs this topic to find the end of the retained messages.
                if own.contains(where: \.isDisplay) { rules.append("topic readwrite \(status)/marker") }
            }
            add(try EntryBroker(sink.options).loginOrDefault, rules)
        }
        var names = scanners
        for source in sources {
            guard case .object(let members)? = source.options["devices"]?.content else { continue }
            names += members.map(\.key).filter { !$0.contains("*") }
        }
        for name in Set(names).sorted() {
            users.append(User(name: name, comment: "A scanner: what it may is in the patterns below.", rules: []))
        }
        for display in displays {
            let own = publications.filter(\.isDisplay).flatMap { $0.displayRules(at: display.location) }
            let comment = "A display\(display.location.map { " of \($0)" } ?? ""): it reads, and confirms what it shows."
            users.append(User(name: display.name, comment: comment, rules: own + denials))
        }
        if let twice = Dictionary(grouping: users, by: \.name).first(where: { $0.value.count > 1 })?.key {
            throw Failure.usage("the name “\(twice)” is used for two: give one of them another")
        }
    }

    private mutating func add(_ login: (user: String, password: String?), _ rules: [String]) {
        if let index = users.firstIndex(where: { $0.name == login.user }) {
            for rule in rules where !users[index].rules.contains(rule) { users[index].rules.append(rule) }
            users[index].password = users[index].password ?? login.password
        } else {
            users.append(User(name: login.user, password: login.password, comment: "The server.", rules: rules))
        }
    }
}

extension EntryBroker {
    /// The user of an entry, or the default one.
    fileprivate var loginOrDefault: (user: String, password: String?) { login ?? (BrokerAccess.defaultUser, nil) }
}

/// The broker options of an entry of plugins.json, without the entry's other options.
struct EntryBroker: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?

    /// Reads the options of an entry whose plugin has a broker.
    init(_ options: ConfigurationValue) throws {
        self = try options.decode(EntryBroker.self)
    }

    /// The user who logs in, with its password; `nil` if there is none.
    var login: (user: String, password: String?)? {
        if let user = broker.first.user { return (user, broker.first.password) }
        return user.map { ($0, password) }
    }
}

/// The topics of an entry's scanners, for an access list.
struct ScannerTopics {
    private let scans: ScanTopic
    /// The topics of the scanners' statuses; `nil` for none.
    private let statuses: ScanTopic?
    /// The topics to which gateways subscribe for feedback, with placeholders.
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

    /// The rights of a scanner, by the name with which it logged in. A gateway may read its own feedback.
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

    /// The rules that refuse users who are not scanners.
    var denials: [String] {
        ["topic deny \(scans.own("+"))"] + (statuses.map { ["topic deny \($0.filter)"] } ?? [])
    }

    /// `template` with `%u` for the level that is `own`, and any level for the other placeholders.
    private static func filter(_ template: String, own: String?) -> String {
        template.split(separator: "/", omittingEmptySubsequences: false)
            .map { level in level[...] == own?[...] ? "%u" : level.contains("{") ? "+" : String(level) }
            .joined(separator: "/")
    }
}

/// A rule of the `mqtt` sink, for an access list.
struct Publication: Equatable {
    /// The topic's levels, with placeholders such as `{sku}`.
    let levels: [Substring]
    let isDisplay: Bool

    /// The rules of the sink with these options.
    static func all(_ options: ConfigurationValue) -> [Publication] {
        guard case .list(let rules)? = options["publish"]?.content else { return [] }
        return rules.compactMap { rule in
            rule["topic"]?.string.map { topic in
                // With an object as payload, the rule is for displays.
                if case .object? = rule["payload"]?.content { return Publication(topic: topic, isDisplay: true) }
                return Publication(topic: topic, isDisplay: rule["payload"]?.string == "display")
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
}
