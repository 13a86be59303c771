import Foundation
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// Reads plugins.json.
///
/// The steps, in order: the file is read and checked against JSON's grammar, overrides are applied, everything is checked, `${…}`
/// in strings is filled in, and the sources and sinks that run are chosen. All mistakes are reported together.
public enum ConfigurationLoader {
    /// The largest size of the file.
    public static let fileSize = ByteSize.mebibytes(1)

    /// Returns the configuration in the file at `path`.
    ///
    /// `only` (if not empty) and `without` choose sources and sinks by name. Entries with `"enabled": false` are checked like the
    /// others but do not run, even if `only` names them.
    ///
    /// Throws `ConfigurationError` with every mistake, or `UnknownNameError`.
    public static func load(
        path: String, registry: PluginRegistry, environment: [String: String] = ProcessInfo.processInfo.environment,
        overrides: [ConfigurationOverride] = [], only: [String] = [], without: [String] = []
    ) throws -> PipelineConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, limit: fileSize.bytes)
        } catch {
            throw ConfigurationError([ConfigurationDiagnostic(file: path, message: error.message)])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError([notUTF8(bytes, path)])
        }
        return try load(
            text: text, fileName: path, directory: (path as NSString).deletingLastPathComponent, registry: registry,
            environment: environment, overrides: overrides, only: only, without: without)
    }

    /// Returns the configuration in `text`, which messages call `fileName`. Relative paths of `${file:…}` start at `directory`.
    public static func load(
        text: String, fileName: String = "plugins.json", directory: String = "", registry: PluginRegistry,
        environment: [String: String] = [:], overrides: [ConfigurationOverride] = [], only: [String] = [], without: [String] = []
    ) throws -> PipelineConfiguration {
        guard text.utf8.count <= fileSize.bytes else {
            throw ConfigurationError([ConfigurationDiagnostic(file: fileName, message: "is larger than \(fileSize)")])
        }
        var root: ConfigurationValue
        var diagnostics: [ConfigurationDiagnostic]
        do {
            let (value, repeatedKeys) = try ConfigurationTree.read(text)
            root = value
            diagnostics = repeatedKeys.map { ConfigurationDiagnostic(file: fileName, $0) }
        } catch {
            throw ConfigurationError([ConfigurationDiagnostic(file: fileName, error)])
        }
        for override in overrides {
            if let diagnostic = override.apply(to: &root) { diagnostics.append(diagnostic) }
        }
        let interpolation = Interpolation(environment: environment, directory: directory)
        var check = ConfigurationCheck(registry: registry, check: SchemaCheck(file: fileName, interpolation: interpolation))
        let configuration = check.run(root)
        diagnostics += check.check.diagnostics
        guard let configuration, diagnostics.isEmpty else { throw ConfigurationError(diagnostics) }
        return try choose(from: configuration, only: only, without: without)
    }

    private static func choose(
        from configuration: PipelineConfiguration, only: [String], without: [String]
    ) throws(UnknownNameError) -> PipelineConfiguration {
        let known = configuration.sources.map(\.name) + configuration.sinks.map(\.name)
        for (option, names) in [("--only", only), ("--without", without)] {
            for name in names where !known.contains(name) {
                throw UnknownNameError(
                    option: option, name: name, suggestion: Suggestion.nearest(to: name, among: known), known: known)
            }
        }
        func isChosen(_ name: String) -> Bool { (only.isEmpty || only.contains(name)) && !without.contains(name) }
        var chosen = configuration
        chosen.sources.removeAll { !$0.isEnabled || !isChosen($0.name) }
        chosen.sinks.removeAll { !$0.isEnabled || !isChosen($0.name) }
        return chosen
    }

    /// What is wrong at the first byte that is not UTF-8.
    private static func notUTF8(_ bytes: [UInt8], _ file: String) -> ConfigurationDiagnostic {
        var parser = UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var valid = 0
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { valid += scalar.count }
        return ConfigurationDiagnostic(
            file: file, SyntaxError(position: TextPosition(of: valid, in: bytes), message: "this byte is not UTF-8"))
    }
}

extension ConfigurationDiagnostic {
    fileprivate init(file: String, _ error: SyntaxError) {
        self.init(file: file, line: error.position.line, column: error.position.column, message: error.message)
    }
}
