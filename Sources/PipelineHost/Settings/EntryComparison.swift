import TallywireConfiguration
import TallywirePipeline

/// What a reload has to know of an entry, and what people may see of it.
protocol ComparableEntry {
    var name: String { get }
    var plugin: String { get }
    var options: ConfigurationValue { get }
    /// The values of the keys that every entry of this kind may have.
    var common: ConfigurationValue { get }
    var schema: (common: OptionSchema, own: OptionSchema) { get }
}

extension ComparableEntry {
    /// Whether a running entry of this configuration has to change for `other`.
    func isSame(as other: Self) -> Bool {
        hasSameFrame(as: other) && options.isSame(as: other.options)
    }

    /// Whether an entry of this configuration differs from `other`, of the same name, in nothing but its plugin's options.
    fileprivate func hasSameFrame(as other: Self) -> Bool { plugin == other.plugin && common.isSame(as: other.common) }

    /// The entry with all defaults and without secrets, in the form of plugins.json.
    var shown: ConfigurationValue {
        var members: [ConfigurationValue.Member] = [.init("plugin", .init(.string(plugin))), .init("name", .init(.string(name)))]
        for (schema, value) in [(schema.own, options), (schema.common, common)] {
            guard case .object(let shown) = schema.shown(value).content else { continue }
            members += shown.filter { $0.key != "name" }
        }
        return ConfigurationValue(.object(members))
    }
}

extension SourceEntry: ComparableEntry {
    var schema: (common: OptionSchema, own: OptionSchema) { (PipelineSchema.source, type.options) }
}

extension SinkEntry {
    /// Whether the entry differs from `other`, of the same name, in nothing but its plugin's options.
    public func differsInOptionsAlone(from other: SinkEntry) -> Bool { hasSameFrame(as: other) && deadLetter == other.deadLetter }
}

extension SinkEntry: ComparableEntry {
    var schema: (common: OptionSchema, own: OptionSchema) { (PipelineSchema.sink, type.options) }
}
