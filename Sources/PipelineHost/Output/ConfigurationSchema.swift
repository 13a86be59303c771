import TallywireConfiguration
import TallywirePipeline

/// The JSON Schema (2020-12) of plugins.json, for editors. It is made from the same schemas that check the file.
public enum ConfigurationSchema {
    /// Returns the schema for a server that knows the plugins of `registry`, as indented JSON.
    public static func jsonSchema(of registry: PluginRegistry) -> String {
        value(of: registry).indentedJSON + "\n"
    }

    static func value(of registry: PluginRegistry) -> ConfigurationValue {
        var schema = object(
            PipelineSchema.root,
            plugins: [
                .init(
                    "sources",
                    list(
                        registry.sources.map { ($0.name, $0.summary, $0.options) }, PipelineSchema.source,
                        "What brings movements in.")),
                .init(
                    "sinks",
                    list(registry.sinks.map { ($0.name, $0.summary, $0.options) }, PipelineSchema.sink, "What carries events out.")),
            ])
        schema.prepend([
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "plugins.json of Tallywire"),
        ])
        schema.append([
            .init(
                "$defs",
                [
                    "variable": [
                        "description": "${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}", "type": "string",
                        "pattern": "\\$\\{",
                    ]
                ])
        ])
        return schema
    }

    /// The list of entries: the keys of every entry, and for each plugin its own keys.
    private static func list(
        _ plugins: [(name: String, summary: String, options: OptionSchema)], _ common: OptionSchema, _ summary: String
    ) -> ConfigurationValue {
        let branches = plugins.map { plugin -> ConfigurationValue in
            let options = OptionSchema(common.options + plugin.options.options.filter { common[$0.key] == nil })
            let name = ConfigurationValue.Member(
                "plugin", ["const": .init(.string(plugin.name)), "description": .init(.string(plugin.summary))])
            return [
                "if": ["properties": ["plugin": ["const": .init(.string(plugin.name))]], "required": ["plugin"]],
                "then": object(options, plugins: [name]),
            ]
        }
        return [
            "description": .init(.string(summary)), "type": "array", "maxItems": .init(.integer(PipelineSchema.entries)),
            "items": [
                "type": "object", "required": ["plugin"],
                "properties": ["plugin": ["enum": .init(.list(plugins.map { .init(.string($0.name)) }))]],
                "allOf": .init(.list(branches)),
            ],
        ]
    }

    private static func object(_ schema: OptionSchema, plugins: [ConfigurationValue.Member] = []) -> ConfigurationValue {
        let properties = schema.options.map { option in
            var value = kind(option.kind)
            value.prepend([.init("description", .init(.string(option.summary)))])
            if let standard = option.defaultValue { value.append([.init("default", standard)]) }
            return ConfigurationValue.Member(option.key, value)
        }
        var result: ConfigurationValue = ["type": "object", "properties": .init(.object(plugins + properties))]
        let required = schema.options.filter { $0.isRequired && $0.defaultValue == nil }.map(\.key)
        if !required.isEmpty { result.append([.init("required", .init(.list(required.map { .init(.string($0)) })))]) }
        result.append([.init("additionalProperties", false)])
        return result
    }

    private static func kind(_ kind: OptionKind) -> ConfigurationValue {
        switch kind {
        case .string(let limit, let rule):
            var value: ConfigurationValue = ["type": "string", "maxLength": .init(.integer(limit))]
            if rule == nil { value.append([.init("minLength", 1)]) }
            guard let pattern = rule?.pattern else { return value }
            value.append([.init("pattern", .init(.string(pattern)))])
            return orVariable(value)
        case .bool: return orVariable(["type": "boolean"])
        case .integer(let range):
            return orVariable([
                "type": "integer", "minimum": .init(.integer(range.lowerBound)), "maximum": .init(.integer(range.upperBound)),
            ])
        case .number(let range):
            return orVariable([
                "type": "number", "minimum": .init(.number(range.lowerBound)), "maximum": .init(.number(range.upperBound)),
            ])
        case .duration: return orVariable(["type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"])
        case .size:
            return [
                "anyOf": [
                    ["type": "integer", "minimum": 0], ["type": "string", "pattern": "^[0-9]+([KMGT]?B|[KMGT]iB)?$"], variable,
                ]
            ]
        case .choice(let choices): return orVariable(["enum": .init(.list(choices.map { .init(.string($0)) }))])
        case .list(let element, let count):
            return [
                "type": "array", "items": self.kind(element), "minItems": .init(.integer(count.lowerBound)),
                "maxItems": .init(.integer(count.upperBound)),
            ]
        case .map(let element, let count, let rule):
            var value: ConfigurationValue = [
                "type": "object", "additionalProperties": self.kind(element), "minProperties": .init(.integer(count.lowerBound)),
                "maxProperties": .init(.integer(count.upperBound)),
            ]
            if let pattern = rule?.pattern { value.append([.init("propertyNames", ["pattern": .init(.string(pattern))])]) }
            return value
        case .object(let schema): return object(schema)
        case .oneOf(let kinds): return ["anyOf": .init(.list(kinds.map(self.kind)))]
        case .url(let schemes):
            return orVariable(["type": "string", "pattern": .init(.string("^(\(schemes.joined(separator: "|")))://[^/]"))])
        }
    }

    private static let variable: ConfigurationValue = ["$ref": "#/$defs/variable"]

    private static func orVariable(_ value: ConfigurationValue) -> ConfigurationValue { ["anyOf": [value, variable]] }
}

extension ConfigurationValue {
    fileprivate mutating func prepend(_ members: [Member]) { insert(members, atEnd: false) }
    fileprivate mutating func append(_ members: [Member]) { insert(members, atEnd: true) }

    private mutating func insert(_ new: [Member], atEnd: Bool) {
        guard case .object(let members) = content else { return }
        content = .object(atEnd ? members + new : new + members)
    }
}
