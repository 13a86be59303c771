import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// Makes a configuration of the values of plugins.json, or collects the mistakes that prevent it.
struct ConfigurationCheck {
    let registry: PluginRegistry
    var check: SchemaCheck

    /// Returns the configuration, with disabled entries too; `nil` if anything is wrong. All mistakes are in ``check`` afterwards.
    mutating func run(_ root: ConfigurationValue) -> PipelineConfiguration? {
        guard case .object(let members) = root.content else {
            _ = check.mismatch(root, kind: "an object", "the file")
            return nil
        }
        let lists = ["sources", "sinks"]
        let schema = OptionSchema(PipelineSchema.root.options + lists.map { .optional($0, .list(.bool), "") })
        // The two lists are checked entry by entry below. Here the schema only has to know their keys, for “did you mean”.
        let settings = members.filter { !lists.contains($0.key) }
        let checked = check.check(
            ConfigurationValue(.object(settings), origin: root.origin), has: schema, subject: "the file", owner: "the file")
        let sources = entries(
            of: root["sources"], "sources",
            EntryCheck(
                role: "source", types: registry.sources, name: \.name, options: \.options, elsewhere: registry.sinks.map(\.name),
                common: PipelineSchema.source))
        let sinks = entries(
            of: root["sinks"], "sinks",
            EntryCheck(
                role: "sink", types: registry.sinks, name: \.name, options: \.options, elsewhere: registry.sources.map(\.name),
                common: PipelineSchema.sink))
        checkNames(sources.map { ($0.name, $0.nameOrigin) } + sinks.map { ($0.name, $0.nameOrigin) })
        checkAuthentication(root, checked)
        checkCluster(root, checked)
        checkDisk(root, checked)
        for source in sources { checkPlacement(of: source.type.name, source.type.placements, source.value) }
        for sink in sinks { checkPlacement(of: sink.type.name, sink.type.placements, sink.value) }
        for source in sources where source.isSound { prove(source.value) { try source.type.make(source.options) } }
        for sink in sinks where sink.isSound { prove(sink.value) { try sink.type.make(sink.options) } }
        if check.diagnostics.isEmpty { checkTopics(sources, sinks) }
        guard check.diagnostics.isEmpty, let checked else { return nil }
        return configuration(root, checked, sources, sinks)
    }

    private mutating func entries<Type>(
        of value: ConfigurationValue?, _ key: String, _ entry: EntryCheck<Type>
    ) -> [EntryCheck<Type>.Entry] {
        guard let value else { return [] }
        guard case .list(let elements) = value.content else {
            _ = check.mismatch(value, kind: "a list", "“\(key)”")
            return []
        }
        guard elements.count <= PipelineSchema.entries else {
            check.report(value.origin, "“\(key)” has \(elements.count) elements, but needs at most \(PipelineSchema.entries)")
            return []
        }
        return elements.compactMap { entry.check($0, &check) }
    }

    private mutating func checkNames(_ names: [(name: String, origin: ConfigurationValue.Origin)]) {
        var first: [String: ConfigurationValue.Origin] = [:]
        for (name, origin) in names {
            guard let taken = first[name] else {
                first[name] = origin
                continue
            }
            var place = ""
            if case .file(let line, _) = taken { place = " by the entry at line \(line)" }
            check.report(origin, "the name “\(name)” is taken already\(place); give this one another “name”")
        }
    }

    /// Checks each source against the topics that all entries use, also those of disabled entries.
    private mutating func checkTopics(_ sources: [EntryCheck<SourceType>.Entry], _ sinks: [EntryCheck<SinkType>.Entry]) {
        for source in sources {
            prove(source.value) {
                let uses =
                    try sources.flatMap { try $0.type.topics($0.options, $0.name) }
                    + sinks.flatMap { try $0.type.topics($0.options, $0.name) }
                for error in try source.type.problems(source.options, uses) { throw error }
            }
        }
    }

    /// Makes the plugin once and discards it, so that its objections are found now. Making a plugin opens nothing.
    private mutating func prove<Plugin>(_ value: ConfigurationValue, _ make: () throws -> Plugin) {
        do {
            _ = try EntryPlace(file: check.file, value: value).run(make)
        } catch let error as ConfigurationError {
            for diagnostic in error.diagnostics { check.report(diagnostic) }
        } catch {
            check.report(value.origin, "\(error)")
        }
    }

    private mutating func configuration(
        _ root: ConfigurationValue, _ checked: ConfigurationValue, _ sources: [EntryCheck<SourceType>.Entry],
        _ sinks: [EntryCheck<SinkType>.Entry]
    ) -> PipelineConfiguration? {
        do {
            let settings = try checked.decode(Settings.self)
            var configuration = PipelineConfiguration(
                journal: settings.journal, http: settings.http, auth: settings.auth, defaultLocation: settings.defaultLocation,
                shutdown: settings.shutdown, engine: settings.engine, cluster: settings.cluster, sources: [], sinks: [])
            configuration.place = EntryPlace(file: check.file, value: root)
            configuration.auth.secretSource = root["auth"]?["secret"]?.string.map {
                SecretSource(text: $0, interpolation: check.interpolation)
            }
            configuration.sources = try sources.map { entry in
                let common = try entry.common.decode(CommonKeys.self)
                return SourceEntry(
                    name: entry.name, type: entry.type, isEnabled: common.enabled,
                    placement: common.placement ?? entry.type.placements.first ?? .leader, options: entry.options,
                    place: EntryPlace(file: check.file, value: entry.value), common: entry.common)
            }
            configuration.sinks = try sinks.map { entry in
                let common = try entry.common.decode(SinkKeys.self)
                return SinkEntry(
                    name: entry.name, type: entry.type, isEnabled: common.enabled, events: common.events, filter: common.where,
                    retry: common.retry,
                    deadLetter: common.deadLetter
                        ?? PipelineConfiguration.deadLetter(of: entry.name, in: configuration.dataDirectory),
                    placement: common.placement,
                    options: entry.options, place: EntryPlace(file: check.file, value: entry.value), common: entry.common)
            }
            configuration.settings = checked
            return configuration
        } catch {
            check.report(checked.origin, "\(error)")
            return nil
        }
    }

    private struct Settings: Decodable {
        let journal: JournalSettings
        let http: HTTPSettings
        let auth: AuthSettings
        let defaultLocation: String
        let shutdown: ShutdownSettings
        let engine: EngineSettings
        let cluster: ClusterSettings?
    }

    private struct CommonKeys: Decodable {
        let enabled: Bool
        let placement: Placement?
    }

    private struct SinkKeys: Decodable {
        let enabled: Bool
        let events: [EventType]?
        let `where`: SinkEntry.Filter
        let retry: SinkEntry.Retry
        let deadLetter: String?
        let placement: Placement?
    }
}
