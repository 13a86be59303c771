import TallywireCore
import TallywireEngine

/// A sink of plugins.json.
public struct SinkEntry: Sendable {
    /// Unique among sources and sinks. Default: the plugin's name.
    public var name: String
    /// What kind of sink it is.
    public var type: SinkType
    /// Always true in a configuration that was loaded, which leaves out the others.
    public var isEnabled: Bool
    /// The types of event that it gets, `nil` for all.
    public var events: [EventType]?
    /// Which of these events it gets.
    public var filter: Filter
    public var retry: Retry
    /// The file for records that it will never take.
    public var deadLetter: String
    /// The plugin's options, checked and with all defaults.
    public var options: ConfigurationValue
    /// Where the entry stands, for error messages.
    let place: EntryPlace

    /// An entry that comes from no file, for tests and for programs that compose their own pipeline. `options` are not checked.
    public init(
        name: String, type: SinkType, events: [EventType]? = nil, filter: Filter = Filter(), retry: Retry = Retry(),
        deadLetter: String, options: ConfigurationValue = [:]
    ) {
        self.init(
            name: name, type: type, isEnabled: true, events: events, filter: filter, retry: retry, deadLetter: deadLetter,
            options: options, place: EntryPlace(file: name, value: options))
    }

    init(
        name: String, type: SinkType, isEnabled: Bool, events: [EventType]?, filter: Filter, retry: Retry, deadLetter: String,
        options: ConfigurationValue, place: EntryPlace
    ) {
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

    /// Tries what the options name, and gives each thing that is not within reach, at its place in the file. `epoch`
    /// is that of the server's own journal, if there is one.
    public func probe(epoch: String? = nil, dataDirectory: String? = nil) async throws -> [ConfigurationDiagnostic] {
        try await type.probe(options, ProbeContext(name: name, epoch: epoch, dataDirectory: dataDirectory)).map {
            place.diagnostic(at: $0.path, "\(name): \($0.message)")
        }
    }

    /// What the sink's own side knows of how far the journal had come. It only reads.
    public func witnesses() throws -> [JournalWitness] { try type.witnesses(options) }

    /// Makes the sink. Opens nothing: that is for ``Sink/start(_:)``. Throws ``ConfigurationError`` if the plugin objects to its options.
    public func makeSink() throws -> any Sink {
        try place.run { try type.make(options) }
    }

    /// `where`: what an event must be about, as ``EventFilter`` judges it. A list that is empty asks for nothing; of the others each must
    /// match, for events that have what it asks for.
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
        /// After this many tries the batch goes to the dead-letter file; `nil`, the default, tries for ever.
        public var attempts: Int?

        public init(initial: Duration = .milliseconds(200), max: Duration = .seconds(30), attempts: Int? = nil) {
            self.initial = initial
            self.max = max
            self.attempts = attempts
        }
    }
}

/// A source of plugins.json.
public struct SourceEntry: Sendable {
    /// Unique among sources and sinks. Default: the plugin's name.
    public var name: String
    /// What kind of source it is.
    public var type: SourceType
    /// Always true in a configuration that was loaded, which leaves out the others.
    public var isEnabled: Bool
    /// The plugin's options, checked and with all defaults.
    public var options: ConfigurationValue
    /// Where the entry stands, for error messages.
    let place: EntryPlace

    /// The plugin's name, such as `mqtt-scanners`.
    public var plugin: String { type.name }

    /// Tries what the options name, and gives each thing that is not within reach, at its place in the file. `epoch`
    /// is that of the server's own journal, if there is one.
    public func probe(epoch: String? = nil, dataDirectory: String? = nil) async throws -> [ConfigurationDiagnostic] {
        try await type.probe(options, ProbeContext(name: name, epoch: epoch, dataDirectory: dataDirectory)).map {
            place.diagnostic(at: $0.path, "\(name): \($0.message)")
        }
    }

    /// Makes the source. Opens nothing: that is for ``Source/run(_:)``. Throws ``ConfigurationError`` if the plugin objects to its options.
    public func makeSource() throws -> any Source {
        try place.run { try type.make(options) }
    }
}
