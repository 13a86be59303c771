import TallywireConfiguration
import TallywirePipeline

/// The text of `tallywire plugins NAME`: what a plugin is for, and each of its options with type, default and meaning.
public enum PluginReference {
    public static func describe(_ type: SinkType) -> String {
        describe(
            type.name, "a sink, \(type.mode.rawValue)", type.summary, type.options, common: PipelineSchema.sink, role: "sink")
    }

    public static func describe(_ type: SourceType) -> String {
        describe(type.name, "a source", type.summary, type.options, common: PipelineSchema.source, role: "source")
    }

    private static func describe(
        _ name: String, _ role: String, _ summary: String, _ options: OptionSchema, common: OptionSchema, role noun: String
    ) -> String {
        var lines = ["\(name): \(role)", summary]
        let own = options.options.filter { common[$0.key] == nil }
        if !own.isEmpty { lines += ["", "Options"] + own.flatMap { rows($0, depth: 1) } }
        lines += ["", "Options of every \(noun)"] + common.options.flatMap { rows($0, depth: 1) }
        if let example = options.example { lines += ["", "Example"] + example.split(separator: "\n").map { "  \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rows(_ option: OptionSchema.Option, depth: Int) -> [String] {
        let margin = String(repeating: "  ", count: depth)
        var facts = [option.kind.expectation]
        if option.isRequired {
            facts.append("required")
        } else if let standard = option.defaultValue, !standard.isEmptyContainer {
            facts.append("default \(standard.json)")
        }
        return ["\(margin)\(option.key): \(facts.joined(separator: "; "))", "\(margin)    \(option.summary)"]
            + inner(option.kind, depth: depth + 1)
    }

    /// The options inside an option's value.
    private static func inner(_ kind: OptionKind, depth: Int) -> [String] {
        switch kind {
        case .object(let schema): schema.options.flatMap { rows($0, depth: depth) }
        case .list(let element, _): part("each element", element, depth)
        case .map(let element, _, let rule): part("each key, \(rule?.description ?? "any text")", element, depth)
        case .oneOf(let kinds): kinds.flatMap { inner($0, depth: depth) }
        default: []
        }
    }

    private static func part(_ heading: String, _ kind: OptionKind, _ depth: Int) -> [String] {
        ["\(String(repeating: "  ", count: depth))\(heading): \(kind.expectation)"] + inner(kind, depth: depth + 1)
    }
}

extension ConfigurationValue {
    fileprivate var isEmptyContainer: Bool {
        switch content {
        case .list(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }
}
