import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// A sink of plugins.json.
public struct SinkEntry: Sendable {
    /// Unique among sources and sinks. Default: the plugin's name.
    public var name: String
    /// The sink's type.
    public var type: SinkType
    /// Always true in a configuration that was loaded, which leaves out disabled entries.
    public var isEnabled: Bool
    /// The types of event that the sink gets, `nil` for all.
    public var events: [EventType]?
    /// Which events of these types the sink gets.
    public var filter: Filter
    /// On which nodes of a cluster the sink runs.
    public var placement: Placement
    public var retry: Retry
    /// The file for the sink's dead letters.
    public var deadLetter: String
    /// The plugin's options, checked and with all defaults.
    public var options: ConfigurationValue
    /// Where in the file the entry stands, for error messages.
    let place: EntryPlace
    /// The values of the keys that every sink may have.
    var common: ConfigurationValue = [:]

    /// An entry that comes from no file: for tests, and for programs that compose their own pipeline. `options` are not checked.
    public init(
        name: String, type: SinkType, events: [EventType]? = nil, filter: Filter = Filter(), retry: Retry = Retry(),
        deadLetter: String, options: ConfigurationValue = [:], placement: Placement? = nil
    ) {
        self.init(
            name: name, type: type, isEnabled: true, events: events, filter: filter, retry: retry, deadLetter: deadLetter,
            placement: placement, options: options, place: EntryPlace(file: name, value: options), common: [:])
    }

    init(
        name: String, type: SinkType, isEnabled: Bool, events: [EventType]?, filter: Filter, retry: Retry, deadLetter: String,
        placement: Placement?, options: ConfigurationValue, place: EntryPlace, common: ConfigurationValue
    ) {
        self.common = common
        self.placement = placement ?? type.placements.first ?? .leader
        self.name = name
        self.type = type
        self.isEnabled = isEnabled
        self.events = events
        self.filter = filter
        self.retry = retry
        self.deadLetter = deadLetter
        self.options = options
        self.place = place
    }

    /// The plugin's name, such as `json-log`.
    public var plugin: String { type.name }
    public var mode: SinkMode { type.mode }

    /// Checks that what the options name can be reached. Returns a diagnostic, with its position in the file, for everything that
    /// cannot. `epoch` is the epoch of the server's own journal, if there is one.
    public func probe(epoch: String? = nil, dataDirectory: String? = nil) async throws -> [ConfigurationDiagnostic] {
        try await type.probe(options, ProbeContext(name: name, epoch: epoch, dataDirectory: dataDirectory)).map {
            place.diagnostic(at: $0.path, "\(name): \($0.message)")
        }
    }

    /// How far the journal had come, as the sink's own side knows. The method only reads.
    public func witnesses() throws -> [JournalWitness] { try type.witnesses(options) }

    /// Makes the sink and opens nothing: opening is for `Sink.start(_:)`. Throws `ConfigurationError` if the plugin objects to
    /// its options.
    public func makeSink() throws -> any Sink {
        try place.run { try type.make(options) }
    }

    /// `where`: what an event must be about, as `EventFilter` decides. An empty list is no condition. All other lists have to
    /// match, for events that have the value in question.
    public struct Filter: Decodable, Equatable, Sendable {
        /// Location codes; `*` stands for any characters.
        public var locations: [String]
        /// SKUs; `*` stands for any characters.
        public var skus: [String]
        public var levels: [StockLevel]

        public init(locations: [String] = [], skus: [String] = [], levels: [StockLevel] = []) {
            self.locations = locations
            self.skus = skus
            self.levels = levels
        }

        public var isEmpty: Bool { locations.isEmpty && skus.isEmpty && levels.isEmpty }
    }

    /// How failed deliveries are tried again: exponential backoff with full jitter.
    public struct Retry: Decodable, Equatable, Sendable {
        /// The longest first pause. Default 200 ms.
        public var initial: Duration
        /// The longest pause. Default 30 s.
        public var max: Duration
        /// After this many tries the events go to the dead-letter file; `nil`, the default, retries for ever.
        public var attempts: Int?
        /// After so many refusals by the other side an event goes to the dead-letter file. Default 3.
        public var rejectAfter: Int

        public init(
            initial: Duration = .milliseconds(200), max: Duration = .seconds(30), attempts: Int? = nil, rejectAfter: Int = 3
        ) {
            self.initial = initial
            self.max = max
            self.attempts = attempts
            self.rejectAfter = rejectAfter
        }
    }
}

/// A source of plugins.json.
public struct SourceEntry: Sendable {
    /// Unique among sources and sinks. Default: the plugin's name.
    public var name: String
    /// The source's type.
    public var type: SourceType
    /// Always true in a configuration that was loaded, which leaves out disabled entries.
    public var isEnabled: Bool
    /// On which nodes of a cluster the source runs.
    public var placement: Placement
    /// The plugin's options, checked and with all defaults.
    public var options: ConfigurationValue
    /// Where in the file the entry stands, for error messages.
    let place: EntryPlace
    /// The values of the keys that every source may have.
    let common: ConfigurationValue

    /// The plugin's name, such as `mqtt-scanners`.
    public var plugin: String { type.name }

    /// Checks that what the options name can be reached. Returns a diagnostic, with its position in the file, for everything that
    /// cannot. `epoch` is the epoch of the server's own journal, if there is one.
    public func probe(epoch: String? = nil, dataDirectory: String? = nil) async throws -> [ConfigurationDiagnostic] {
        try await type.probe(options, ProbeContext(name: name, epoch: epoch, dataDirectory: dataDirectory)).map {
            place.diagnostic(at: $0.path, "\(name): \($0.message)")
        }
    }

    /// Makes the source and opens nothing: opening is for `Source.run(_:)`. Throws `ConfigurationError` if the plugin objects
    /// to its options.
    public func makeSource() throws -> any Source {
        try place.run { try type.make(options) }
    }
}
