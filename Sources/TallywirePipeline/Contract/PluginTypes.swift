import TallywireEngine

/// A kind of sink that plugins.json can name.
public struct SinkType: Sendable {
    /// The name in plugins.json, such as `json-log`.
    public let name: String
    /// What it does, in a sentence.
    public let summary: String
    public let mode: SinkMode
    /// The options it understands, beside those of every sink.
    public let options: OptionSchema
    /// Makes the sink from its options, which have been checked against ``options`` and hold all defaults.
    let make: @Sendable (ConfigurationValue) throws -> any Sink
    /// What the sink's own side knows of how far the journal had come, before it is opened.
    let witnesses: @Sendable (ConfigurationValue) throws -> [JournalWitness]
    /// The topics that an entry of this type and name uses.
    let topics: @Sendable (ConfigurationValue, String) throws -> [TopicUse]
    /// Tries what the options name, for `check --connect`: gives each thing that is not within reach, with its option.
    let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A sink type whose options are decoded into `Options`. `probe` tries what they name and leaves nothing behind. `topics` are those that
    /// an entry with a name uses, for a sink at an MQTT broker. `witnesses` tells what the sink's own side, such as a file, knows of how far the
    /// journal had come; it only reads.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, mode: SinkMode = .durable, schema: OptionSchema = OptionSchema(), options: Options.Type,
        topics: @escaping @Sendable (Options, String) throws -> [TopicUse] = { _, _ in [] },
        witnesses: @escaping @Sendable (Options) throws -> [JournalWitness] = { _ in [] },
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Sink
    ) {
        self.name = name
        self.summary = summary
        self.mode = mode
        self.options = schema
        self.make = { try make($0.decode(Options.self)) }
        self.topics = { try topics($0.decode(Options.self), $1) }
        self.witnesses = { try witnesses($0.decode(Options.self)) }
        self.probe = { await probe(try $0.decode(Options.self), $1) }
    }
}

/// A kind of source that plugins.json can name.
public struct SourceType: Sendable {
    /// The name in plugins.json, such as `mqtt-scanners`.
    public let name: String
    /// What it does, in a sentence.
    public let summary: String
    /// The options it understands, beside those of every source.
    public let options: OptionSchema
    /// Makes the source from its options, which have been checked against ``options`` and hold all defaults.
    let make: @Sendable (ConfigurationValue) throws -> any Source
    /// The topics that an entry of this type and name uses.
    let topics: @Sendable (ConfigurationValue, String) throws -> [TopicUse]
    /// What is wrong with the options, seen the topics that all entries use.
    let judge: @Sendable (ConfigurationValue, [TopicUse]) throws -> [OptionError]
    /// Tries what the options name, for `check --connect`: gives each thing that is not within reach, with its option.
    let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A source type whose options are decoded into `Options`. `probe` tries what they name and leaves nothing behind. `topics` are those that
    /// an entry with a name uses, for a source at an MQTT broker, and `judge` says what is wrong with options beside the topics of all entries.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, schema: OptionSchema = OptionSchema(), options: Options.Type,
        topics: @escaping @Sendable (Options, String) throws -> [TopicUse] = { _, _ in [] },
        judge: @escaping @Sendable (Options, [TopicUse]) throws -> [OptionError] = { _, _ in [] },
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Source
    ) {
        self.name = name
        self.summary = summary
        self.options = schema
        self.make = { try make($0.decode(Options.self)) }
        self.topics = { try topics($0.decode(Options.self), $1) }
        self.judge = { try judge($0.decode(Options.self), $1) }
        self.probe = { await probe(try $0.decode(Options.self), $1) }
    }
}

/// The plugin types that a server knows: an explicit list, given where the server is composed.
public struct PluginRegistry: Sendable {
    public var sources: [SourceType]
    public var sinks: [SinkType]

    public init(sources: [SourceType] = [], sinks: [SinkType] = []) {
        self.sources = sources
        self.sinks = sinks
    }

    public static func + (registry: PluginRegistry, sink: SinkType) -> PluginRegistry {
        PluginRegistry(sources: registry.sources, sinks: registry.sinks + [sink])
    }

    public static func + (registry: PluginRegistry, source: SourceType) -> PluginRegistry {
        PluginRegistry(sources: registry.sources + [source], sinks: registry.sinks)
    }
}

/// What a plugin's probe is told beside its options.
public struct ProbeContext: Sendable {
    /// The entry's name.
    public var name: String
    /// The epoch of the server's own journal, `nil` if there is none yet.
    public var epoch: String?
    /// The folder of the journal, which the server makes before it starts any plugin.
    public var dataDirectory: String?

    public init(name: String, epoch: String? = nil, dataDirectory: String? = nil) {
        self.dataDirectory = dataDirectory
        self.name = name
        self.epoch = epoch
    }
}
