import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The configured pipeline as a picture: the text of `tallywire graph`.
public enum PipelineGraph {
    /// Returns a Mermaid flowchart: from the endpoints of movements over sources, engine, journal and feed to the sinks and their
    /// endpoints.
    public static func mermaid(_ configuration: PipelineConfiguration) -> String {
        var lines = ["flowchart LR"]
        lines.append("    api([\(label("HTTP \(configuration.http.host):\(configuration.http.port)"))]) --> engine")
        for (index, source) in configuration.sources.enumerated() {
            let id = "source\(index)"
            lines.append("    \(id)[\(label(source.name, source.plugin))] --> engine")
            lines += endpoints(source.type.options, source.options).enumerated().map { number, endpoint in
                "    \(id)from\(number)([\(label(endpoint))]) --> \(id)"
            }
        }
        lines.append("    engine[\(label("engine"))] --> journal[(\(label("journal", configuration.journal.path)))]")
        lines.append("    journal --> feed[\(label("feed"))]")
        for (index, sink) in configuration.sinks.enumerated() {
            let id = "sink\(index)"
            let types = sink.events.map { "|\(label($0.map(\.rawValue).joined(separator: ", ")))|" } ?? ""
            lines.append("    feed -->\(types) \(id)[\(label(sink.name, sink.plugin))]")
            lines += endpoints(sink.type.options, sink.options).enumerated().map { number, endpoint in
                "    \(id) --> \(id)to\(number)([\(label(endpoint))])"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The values that the schema marks as endpoints of events, each once.
    static func endpoints(_ schema: OptionSchema, _ options: ConfigurationValue) -> [String] {
        var found: [String] = []
        for option in schema.options {
            guard let value = options[option.key] else { continue }
            for endpoint in option.isEndpoint ? names(value) : inner(option.kind, value) where !found.contains(endpoint) {
                found.append(endpoint)
            }
        }
        return found
    }

    private static func inner(_ kind: OptionKind, _ value: ConfigurationValue) -> [String] {
        switch (kind, value.content) {
        case (.object(let schema), .object): endpoints(schema, value)
        case (.list(let kind, _), .list(let elements)): elements.flatMap { inner(kind, $0) }
        case (.map(let kind, _, _), .object(let members)): members.flatMap { inner(kind, $0.value) }
        case (.oneOf(let kinds), _): kinds.filter { $0.accepts(value) }.flatMap { inner($0, value) }
        default: []
        }
    }

    private static func names(_ value: ConfigurationValue) -> [String] {
        switch value.content {
        case .string(let text): [text]
        case .list(let elements): elements.flatMap(names)
        case .object(let members): members.map(\.key)
        default: []
        }
    }

    /// A label of at most two lines, in Mermaid's quotes. Characters that Mermaid would read as markup are written as entities.
    private static func label(_ name: String, _ detail: String? = nil) -> String {
        let detail = detail.flatMap { $0 == name ? nil : "<br>\(escaped($0))" } ?? ""
        return "\"\(escaped(name))\(detail)\""
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "#", "<", ">", "&", "`": result += "#\(scalar.value);"
            case _ where scalar.properties.generalCategory == .control: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
