import TallywireConfiguration
import TallywirePipeline

/// What a reload changes: the difference between the configuration that runs and the one in the file.
public struct ConfigurationChange: Sendable {
    /// A setting that only a new start changes.
    public struct Pending: Equatable, Sendable {
        /// Where it is in the file, such as `http.port`.
        public let path: String
        public let reason: String
    }

    /// The entries of one list that have to start, to stop, and to stop and start.
    public struct Entries<Entry: Sendable>: Sendable {
        public var started: [Entry] = []
        public var stopped: [String] = []
        public var restarted: [Entry] = []

        public var isEmpty: Bool { started.isEmpty && stopped.isEmpty && restarted.isEmpty }
    }

    public var sources: Entries<SourceEntry>
    public var sinks: Entries<SinkEntry>
    /// Whether retention changes, which needs no start of anything.
    public var changesRetention: Bool
    public var pending: [Pending]

    /// Finds out what changes if `old` becomes `new`.
    public init(from old: PipelineConfiguration, to new: PipelineConfiguration) throws {
        sources = Self.entries(from: old.sources, to: new.sources)
        sinks = Self.entries(from: old.sinks, to: new.sinks)
        // What a source may publish depends on the topics of all entries.
        let topics = try (Set(old.topics), Set(new.topics))
        if topics.0 != topics.1 {
            let touched = Set((sources.started + sources.restarted).map(\.name))
            sources.restarted += try new.sources.filter {
                try !touched.contains($0.name) && !$0.type.topics($0.options, $0.name).isEmpty
            }
        }
        let paths = Self.differences(old.settings, new.settings, path: [])
        changesRetention = paths.contains { $0.starts(with: Self.retention) }
        pending = paths.filter { !$0.starts(with: Self.retention) }.map { path in
            Pending(path: path.joined(separator: "."), reason: Self.reasons[path[0]] ?? "it is read when the server starts")
        }
    }

    public var isEmpty: Bool { sources.isEmpty && sinks.isEmpty && !changesRetention }

    private static let retention = ["journal", "retention"]

    private static let reasons = [
        "journal": "the journal is open", "http": "the port is open with these settings",
        "auth": "who may do what is settled when the server starts", "engine": "the engine runs with these limits",
        "cluster": "the node has joined the cluster with these settings",
    ]

    private static func entries<Entry: ComparableEntry>(from old: [Entry], to new: [Entry]) -> Entries<Entry> {
        let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(new.map(\.name))
        return Entries(
            started: new.filter { before[$0.name] == nil }, stopped: old.map(\.name).filter { !names.contains($0) },
            restarted: new.filter { entry in before[entry.name].map { !$0.isSame(as: entry) } ?? false })
    }

    /// The paths of the values that differ. A value that a variable or a file was filled into differs by its text: what is behind the text
    /// is read again by itself.
    private static func differences(_ old: ConfigurationValue?, _ new: ConfigurationValue?, path: [String]) -> [[String]] {
        guard let old, let new, case .object(let before) = old.content, case .object(let after) = new.content else {
            if let written = old?.written { return written == new?.written ? [] : [path] }
            guard let old, let new else { return old == nil && new == nil ? [] : [path] }
            return old.isSame(as: new) ? [] : [path]
        }
        var keys = before.map(\.key)
        keys += after.map(\.key).filter { !keys.contains($0) }
        return keys.flatMap { differences(old[$0], new[$0], path: path + [$0]) }
    }
}

extension PipelineConfiguration {
    /// What runs once `change`, which leads from this configuration to `new`, was applied: the entries of `new`, and the settings that
    /// nothing but a new start changes.
    public func applying(_ change: ConfigurationChange, to new: PipelineConfiguration) -> PipelineConfiguration {
        var result = self
        (result.sources, result.sinks) = (new.sources, new.sinks)
        if change.changesRetention {
            result.journal.retention = new.journal.retention
            result.settings.replace(["journal", "retention"], by: new.settings["journal"]?["retention"])
        }
        return result
    }

    /// The configuration with all defaults and without secrets, in the form of plugins.json.
    public var shown: ConfigurationValue {
        var settings = settings
        settings.replace(["journal", "path"], by: ConfigurationValue(.string(journal.path)))
        guard case .object(let members) = PipelineSchema.root.shown(settings).content else { return settings }
        let lists = [
            ("sources", sources.map(\.shown)),
            (
                "sinks",
                sinks.map { sink in
                    var shown = sink.shown
                    shown.replace(["deadLetter"], by: ConfigurationValue(.string(sink.deadLetter)))
                    return shown
                }
            ),
        ]
        return ConfigurationValue(.object(members + lists.map { .init($0, ConfigurationValue(.list($1))) }))
    }
}

extension ConfigurationValue {
    /// Replaces the value at `path`, or adds it at its end.
    fileprivate mutating func replace(_ path: some Collection<String>, by value: ConfigurationValue?) {
        guard let key = path.first else {
            self = value ?? self
            return
        }
        guard case .object(var members) = content else { return }
        if !members.contains(where: { $0.key == key }) { members.append(Member(key, [:])) }
        for index in members.indices where members[index].key == key {
            members[index].value.replace(path.dropFirst(), by: value)
        }
        content = .object(members)
    }
}
