import ArgumentParser
import Foundation
import PipelineHost
import TallywireAuthentication
import TallywireCommands
import TallywireConfiguration
import TallywirePipeline

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check plugins.json without starting anything.",
        discussion: """
            Prints every mistake as FILE:LINE:COLUMN: error: …, and exits with 78 if there is one. With --connect it also tries what the \
            configuration names: brokers, files, the port, and the cluster with its etcd.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Flag(help: "Also try brokers, files, the port and the cluster.") var connect = false
    @Flag(help: "Print the addresses of the brokers that it names, one a line, and nothing else.") var brokers = false

    func run() async throws {
        let settings = try configuration.load()
        if brokers {
            let options = settings.sources.map(\.options) + settings.sinks.map(\.options)
            var seen: Set<String> = []
            for url in options.flatMap({ $0["broker"].map(Self.texts) ?? [] }) where seen.insert(url).inserted {
                try Output.standard.print(Self.address(of: url))
            }
            return
        }
        for entry in settings.sinks { _ = try entry.makeSink() }
        for entry in settings.sources { _ = try entry.makeSource() }
        let access = try await ServerAccess(settings)
        let warnings = access.warnings(settings)
        guard warnings.isEmpty else { throw ConfigurationError(warnings) }
        let count = settings.sources.count + settings.sinks.count
        let plugins = count == 1 ? "1 plugin" : "\(count) plugins"
        if connect {
            let trials = ConnectionCheck(settings, file: configuration.plugins)
            var problems = try await trials.problems()
            do {
                if let keys = try await trials.publishedKeys() { try Self.describe(keys) }
            } catch let error as ConfigurationError {
                problems += error.diagnostics
            }
            guard problems.isEmpty else {
                throw Failure(problems.map(\.description).joined(separator: "\n"))
            }
            try Output.standard.print(
                "\(configuration.plugins): no mistakes, \(plugins); brokers, files and the port are within reach")
        } else {
            try Output.standard.print("\(configuration.plugins): no mistakes, \(plugins)")
        }
    }
}

extension Check {
    /// Says which published keys can be used, and why others cannot.
    private static func describe(_ keys: PublishedKeySet) throws {
        try Output.standard.print("auth.jwks: \(keys.names.count) can be used: \(keys.names.joined(separator: ", "))")
        for reason in keys.unused { try Output.standard.print("auth.jwks: not used: \(reason)") }
    }

    /// A string, or the strings of a list.
    private static func texts(_ value: ConfigurationValue) -> [String] {
        if case .list(let elements) = value.content { return elements.compactMap(\.string) }
        return value.string.map { [$0] } ?? []
    }

    /// `url` with its port and without its user and password.
    private static func address(of url: String) -> String {
        guard var parts = URLComponents(string: url) else { return url }
        parts.user = nil
        parts.password = nil
        parts.port = parts.port ?? (parts.scheme == "mqtts" ? 8883 : 1883)
        return parts.string ?? url
    }
}

struct Plugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the plugin types, or explain one: its options, their types and defaults, an example.")

    @Argument(help: "A plugin type, such as json-log.") var name: String?
    @Flag(help: "Print the statements that make the tables of a plugin such as postgres, and nothing else.") var ddl = false
    @Option(help: "With --ddl: the schema of the tables.") var schema = "public"

    func run() throws {
        let registry = PluginRegistry.current
        if ddl { return try printTables(of: registry) }
        guard let name else {
            for type in registry.sources { try Output.standard.print("source  \(type.name)\n        \(type.summary)") }
            for type in registry.sinks { try Output.standard.print("sink    \(type.name)\n        \(type.summary)") }
            return
        }
        let sources = registry.sources.filter { $0.name == name }.map { PluginReference.describe($0) }
        let sinks = registry.sinks.filter { $0.name == name }.map { PluginReference.describe($0) }
        // A name can be that of a source and of a sink.
        guard !(sources + sinks).isEmpty else {
            let known = registry.sources.map { $0.name } + registry.sinks.map { $0.name }
            throw Failure.usage("there is no plugin type “\(name)”: known are \(known.joined(separator: ", "))")
        }
        try Output.standard.print((sources + sinks).joined(separator: "\n"))
    }

    private func printTables(of registry: PluginRegistry) throws {
        let known = registry.sinks.filter { $0.tables != nil }.map(\.name).joined(separator: ", ")
        guard let name else { throw Failure.usage("--ddl needs a plugin with tables: \(known)") }
        guard let tables = registry.sinks.first(where: { $0.name == name })?.tables else {
            throw Failure.usage("the plugin “\(name)” keeps no tables; known are \(known)")
        }
        try Output.standard.print(tables(schema))
    }
}

struct Graph: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the configured pipeline as a Mermaid diagram.")

    @OptionGroup var configuration: ConfigurationOptions

    func run() throws {
        try Output.standard.print(PipelineGraph.mermaid(try configuration.load()))
    }
}

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the JSON Schema of plugins.json, for editors.")

    func run() throws {
        try Output.standard.print(ConfigurationSchema.jsonSchema(of: .current))
    }
}
