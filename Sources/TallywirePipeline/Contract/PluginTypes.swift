import TallywireConfiguration
import TallywireEngine

/// A type of sink that plugins.json can name.
public struct SinkType: Sendable {
    /// The name in plugins.json, such as `json-log`.
    public let name: String
    /// What the sink does, in a sentence.
    public let summary: String
    public let mode: SinkMode
    /// Where in a cluster such a sink may run; the first one is the default.
    public let placements: [Placement]
    /// The messages of the plugin's own protocol, for `GET /asyncapi.json`.
    public let messaging: Messaging
    /// The plugin's own options, in addition to those of every sink.
    public let options: OptionSchema
    /// Makes the sink from its options, which were checked against ``options`` and contain all defaults.
    package let make: @Sendable (ConfigurationValue) throws -> any Sink
    /// Returns how far the journal had come, as the sink's own side knows. Called before the journal is opened.
    package let witnesses: @Sendable (ConfigurationValue) throws -> [JournalWitness]
    /// Returns the topics that an entry of this type uses. The second argument is the entry's name.
    package let topics: @Sendable (ConfigurationValue, String) throws -> [TopicUse]
    /// What an entry needs at its MQTT broker; `nil` for a plugin that has none.
    public let brokerRules: @Sendable (ConfigurationValue) throws -> BrokerRules?
    /// The path on the server's HTTP port where WebSocket clients connect; `nil` for a plugin that takes none.
    public let webSocketPath: @Sendable (ConfigurationValue) -> String?
    /// Returns the statements that make the sink's tables in a schema; `nil` for a plugin that keeps none.
    public let tables: (@Sendable (_ schema: String) -> String)?
    /// Checks for `check --connect` that what the options name can be reached. Returns an error, with its option, for everything
    /// that cannot.
    package let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A sink type whose options are decoded into `Options`. `placements` says where in a cluster it may run, the default first: without
    /// it a durable sink runs at the leader, and a live sink on each node, unless an entry says otherwise. `probe` checks what the options name and leaves nothing behind.
    /// `topics` returns the topics that an entry uses, for a sink at an MQTT broker. `witnesses` returns how far the journal had
    /// come, as the sink's own side, such as a file, knows. `witnesses` only reads.
    /// `brokerRules` returns what an entry needs in the broker's access list, `webSocketPath` where it takes WebSocket clients,
    /// and `tables` the statements that make the tables of a sink in a database.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, mode: SinkMode = .durable, placements: [Placement]? = nil,
        schema: OptionSchema = OptionSchema(), options: Options.Type,
        messaging: Messaging = Messaging(),
        topics: @escaping @Sendable (Options, String) throws -> [TopicUse] = { _, _ in [] },
        witnesses: @escaping @Sendable (Options) throws -> [JournalWitness] = { _ in [] },
        brokerRules: @escaping @Sendable (ConfigurationValue) throws -> BrokerRules? = { _ in nil },
        webSocketPath: @escaping @Sendable (ConfigurationValue) -> String? = { _ in nil },
        tables: (@Sendable (_ schema: String) -> String)? = nil,
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Sink
    ) {
        self.name = name
        self.summary = summary
        self.messaging = messaging
        self.mode = mode
        self.placements = placements ?? (mode == .durable ? [.leader, .each] : [.each, .leader])
        self.options = schema
        self.brokerRules = brokerRules
        self.webSocketPath = webSocketPath
        self.tables = tables
        self.make = { try make($0.decode(Options.self)) }
        self.topics = { try topics($0.decode(Options.self), $1) }
        self.witnesses = { try witnesses($0.decode(Options.self)) }
        self.probe = { await probe(try $0.decode(Options.self), $1) }
    }
}

/// A type of source that plugins.json can name.
public struct SourceType: Sendable {
    /// The name in plugins.json, such as `mqtt-scanners`.
    public let name: String
    /// What the source does, in a sentence.
    public let summary: String
    /// Where in a cluster such a source may run; the first one is the default.
    public let placements: [Placement]
    /// The messages of the plugin's own protocol, for `GET /asyncapi.json`.
    public let messaging: Messaging
    /// The plugin's own options, in addition to those of every source.
    public let options: OptionSchema
    /// Makes the source from its options, which were checked against ``options`` and contain all defaults.
    package let make: @Sendable (ConfigurationValue) throws -> any Source
    /// Returns the topics that an entry of this type uses. The second argument is the entry's name.
    package let topics: @Sendable (ConfigurationValue, String) throws -> [TopicUse]
    /// Returns what is wrong with the options, given the topics that all entries use.
    package let problems: @Sendable (ConfigurationValue, [TopicUse]) throws -> [OptionError]
    /// What an entry needs at its MQTT broker; `nil` for a plugin that has none.
    public let brokerRules: @Sendable (ConfigurationValue) throws -> BrokerRules?
    /// The template of the topics on which an entry takes scans; `nil` for a plugin that takes none from a broker.
    public let scanTopic: @Sendable (ConfigurationValue) -> String?
    /// Checks for `check --connect` that what the options name can be reached. Returns an error, with its option, for everything
    /// that cannot.
    package let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A source type whose options are decoded into `Options`. `placements` says where in a cluster it may run, the default first. `probe` checks what the options name and leaves nothing behind.
    /// `topics` returns the topics that an entry uses, for a source at an MQTT broker. `problems` returns what is wrong with the
    /// options, given the topics of all entries.
    /// `brokerRules` returns what an entry needs in the broker's access list, and `scanTopic` where it takes scans.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, placements: [Placement] = [.leader, .each], schema: OptionSchema = OptionSchema(),
        options: Options.Type, messaging: Messaging = Messaging(),
        topics: @escaping @Sendable (Options, String) throws -> [TopicUse] = { _, _ in [] },
        problems: @escaping @Sendable (Options, [TopicUse]) throws -> [OptionError] = { _, _ in [] },
        brokerRules: @escaping @Sendable (ConfigurationValue) throws -> BrokerRules? = { _ in nil },
        scanTopic: @escaping @Sendable (ConfigurationValue) -> String? = { _ in nil },
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Source
    ) {
        self.name = name
        self.summary = summary
        self.placements = placements
        self.messaging = messaging
        self.options = schema
        self.brokerRules = brokerRules
        self.scanTopic = scanTopic
        self.make = { try make($0.decode(Options.self)) }
        self.topics = { try topics($0.decode(Options.self), $1) }
        self.problems = { try problems($0.decode(Options.self), $1) }
        self.probe = { await probe(try $0.decode(Options.self), $1) }
    }
}

/// The plugin types that a server knows. The list is given explicitly where the server is composed.
public struct PluginRegistry: Sendable {
    public var sources: [SourceType]
    public var sinks: [SinkType]

    public init(sources: [SourceType] = [], sinks: [SinkType] = []) {
        self.sources = sources
        self.sinks = sinks
    }

    /// The messages of all plugins.
    public var messaging: [Messaging] { sources.map(\.messaging) + sinks.map(\.messaging) }

    public static func + (registry: PluginRegistry, sink: SinkType) -> PluginRegistry {
        PluginRegistry(sources: registry.sources, sinks: registry.sinks + [sink])
    }

    public static func + (registry: PluginRegistry, source: SourceType) -> PluginRegistry {
        PluginRegistry(sources: registry.sources + [source], sinks: registry.sinks)
    }
}

/// What a plugin's probe gets in addition to its options.
public struct ProbeContext: Sendable {
    /// The entry's name.
    public var name: String
    /// The epoch of the server's own journal; `nil` if there is no journal yet.
    public var epoch: String?
    /// The folder of the journal. The server makes it before it starts any plugin.
    public var dataDirectory: String?

    public init(name: String, epoch: String? = nil, dataDirectory: String? = nil) {
        self.dataDirectory = dataDirectory
        self.name = name
        self.epoch = epoch
    }
}
