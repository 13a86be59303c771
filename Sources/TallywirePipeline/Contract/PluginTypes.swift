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
    /// Tries what the options name, for `check --connect`: gives each thing that is not within reach, with its option.
    let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A sink type whose options are decoded into `Options`. `probe` tries what they name and leaves nothing behind.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, mode: SinkMode = .durable, schema: OptionSchema = OptionSchema(), options: Options.Type,
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Sink
    ) {
        self.name = name
        self.summary = summary
        self.mode = mode
        self.options = schema
        self.make = { try make($0.decode(Options.self)) }
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
    /// Tries what the options name, for `check --connect`: gives each thing that is not within reach, with its option.
    let probe: @Sendable (ConfigurationValue, ProbeContext) async throws -> [OptionError]

    /// A source type whose options are decoded into `Options`. `probe` tries what they name and leaves nothing behind.
    public init<Options: Decodable & Sendable>(
        _ name: String, summary: String, schema: OptionSchema = OptionSchema(), options: Options.Type,
        probe: @escaping @Sendable (Options, ProbeContext) async -> [OptionError] = { _, _ in [] },
        make: @escaping @Sendable (Options) throws -> any Source
    ) {
        self.name = name
        self.summary = summary
        self.options = schema
        self.make = { try make($0.decode(Options.self)) }
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

    public init(name: String, epoch: String? = nil) {
        self.name = name
        self.epoch = epoch
    }
}
