import MQTTConnection
import Mosquitto
import PipelineHost
import TallywireConfiguration
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
        let sources = try settings.sources.compactMap { entry in
            try entry.type.brokerRules(entry.options).map { (entry.options, $0) }
        }
        let sinks = try settings.sinks.compactMap { entry in try entry.type.brokerRules(entry.options).map { (entry.options, $0) } }
        let entries = try (sources + sinks).map { (broker: try EntryBroker($0.0), rules: $0.1) }
        guard let first = entries.first?.broker.broker.first else { throw Failure("error: no entry has a broker") }
        if let other = entries.first(where: {
            $0.broker.broker.first.host != first.host || $0.broker.broker.first.port != first.port
        }) {
            throw Failure.usage(
                "the entries have several brokers, \(first) and \(other.broker.broker.first): leave the others out with --without")
        }
        broker = first

        for entry in entries {
            patterns += entry.rules.patterns
            add(entry.broker.loginOrDefault, entry.rules.server)
        }
        for name in Set(scanners + entries.flatMap(\.rules.devices)).sorted() {
            users.append(User(name: name, comment: "A scanner: what it may is in the patterns below.", rules: []))
        }
        // The patterns would let a display scan under its own name.
        let denials = entries.flatMap(\.rules.denials)
        for display in displays {
            let own = entries.flatMap { $0.rules.display(display.location) }
            let comment = "A display\(display.location.map { " of \($0)" } ?? ""): it reads, and confirms what it shows."
            users.append(User(name: display.name, comment: comment, rules: own + denials))
        }
        if let twice = Dictionary(grouping: users, by: \.name).first(where: { $0.value.count > 1 })?.key {
            throw Failure.usage("the name “\(twice)” is used for two users: give one of them another name")
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
