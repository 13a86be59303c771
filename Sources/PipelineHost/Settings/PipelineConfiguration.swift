import TallywireConfiguration
import TallywireEngine
import TallywirePipeline

/// plugins.json, read and checked, with all defaults.
public struct PipelineConfiguration: Sendable {
    public var journal: JournalSettings
    public var http: HTTPSettings
    public var auth: AuthSettings
    /// The location for lines of a movement that name none. Default `MAIN`.
    public var defaultLocation: String
    public var shutdown: ShutdownSettings
    public var engine: EngineSettings
    /// The cluster of which this server is a node; `nil` for a server by itself.
    public var cluster: ClusterSettings?
    /// The sources that run: enabled and chosen, in the order of the file.
    public var sources: [SourceEntry]
    /// The sinks that run: enabled and chosen, in the order of the file.
    public var sinks: [SinkEntry]
    /// The position in the file, for error messages; `nil` for a configuration that comes from no file.
    var place: EntryPlace?
    /// Everything but the entries, checked and with all defaults.
    var settings: ConfigurationValue = [:]

    public init(
        journal: JournalSettings, http: HTTPSettings, auth: AuthSettings, defaultLocation: String, shutdown: ShutdownSettings,
        engine: EngineSettings, cluster: ClusterSettings? = nil, sources: [SourceEntry], sinks: [SinkEntry]
    ) {
        self.cluster = cluster
        self.journal = journal
        self.http = http
        self.auth = auth
        self.defaultLocation = defaultLocation
        self.shutdown = shutdown
        self.engine = engine
        self.sources = sources
        self.sinks = sinks
    }

    /// A diagnostic for a mistake that shows only when something is opened. It has the position of the value that `path` leads to.
    public func diagnostic(at path: String..., message: String) -> ConfigurationDiagnostic {
        place?.diagnostic(at: path, message) ?? ConfigurationDiagnostic(file: "plugins.json", message: message)
    }

    /// A diagnostic for an option of a sink.
    public func diagnostic(ofSink name: String, at path: String..., message: String) -> ConfigurationDiagnostic {
        sinks.first { $0.name == name }?.place.diagnostic(at: path, "\(name): \(message)")
            ?? ConfigurationDiagnostic(file: "plugins.json", message: message)
    }

    /// The MQTT topics that the running entries use.
    public var topics: [TopicUse] {
        get throws {
            try sources.flatMap { try $0.type.topics($0.options, $0.name) }
                + sinks.flatMap { try $0.type.topics($0.options, $0.name) }
        }
    }

    /// The directory of the journal, which is also the default directory of dead letters.
    public var dataDirectory: String { Self.directory(of: journal.path) }

    /// The directory for messages that were set aside, beside the journal.
    public var setAsideDirectory: String { Self.path(dataDirectory, "set-aside") }

    /// The directory of the files that sources keep, beside the journal.
    public var sourceDirectory: String { Self.path(dataDirectory, "sources") }

    /// The directory of the files that sinks keep, beside the journal.
    public var sinkDirectory: String { Self.path(dataDirectory, "sinks") }

    /// Moves the journal, and the dead letters without a path of their own, to `directory`. Paths in plugins' options do not
    /// change.
    public mutating func setDataDirectory(_ directory: String) {
        let old = dataDirectory
        let name = journal.path.split(separator: "/").last.map(String.init) ?? "tallywire.db"
        journal.path = Self.path(directory, name)
        for index in sinks.indices where sinks[index].deadLetter == Self.deadLetter(of: sinks[index].name, in: old) {
            sinks[index].deadLetter = Self.deadLetter(of: sinks[index].name, in: directory)
        }
    }

    static func deadLetter(of sink: String, in directory: String) -> String {
        path(directory, "dead-letter/\(sink).jsonl")
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func path(_ directory: String, _ name: String) -> String {
        switch directory {
        case "", ".": name
        case _ where directory.hasSuffix("/"): directory + name
        default: directory + "/" + name
        }
    }
}
