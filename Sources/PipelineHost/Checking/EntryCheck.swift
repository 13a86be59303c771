import TallywireConfiguration
import TallywireCore

/// Checks one entry of `sources` or `sinks`, which has the keys of every entry and the keys of its plugin.
struct EntryCheck<Type> {
    /// `source` or `sink`.
    let role: String
    /// The types that an entry may name, and functions that read their parts.
    let types: [Type]
    let name: (Type) -> String
    let options: (Type) -> OptionSchema
    /// The names of the types that belong into the other list.
    let elsewhere: [String]
    /// The keys that every entry may have.
    let common: OptionSchema

    /// A checked entry.
    struct Entry {
        let type: Type
        let name: String
        let nameOrigin: ConfigurationValue.Origin
        /// The values of the keys that every entry may have.
        let common: ConfigurationValue
        /// The values of the plugin's keys.
        let options: ConfigurationValue
        let value: ConfigurationValue
        /// Whether the entry had no mistakes.
        let isSound: Bool
    }

    func check(_ value: ConfigurationValue, _ check: inout SchemaCheck) -> Entry? {
        guard case .object(let members) = value.content else {
            _ = check.mismatch(value, kind: "an object", "a \(role)")
            return nil
        }
        let mistakes = check.diagnostics.count
        let type = type(of: value, &check)
        // With an unknown plugin it is not known which of the other keys are its own.
        let known = members.filter { $0.key != "plugin" && (type != nil || common[$0.key] != nil) }
        let own = type.map(options)?.options.filter { common[$0.key] == nil } ?? []
        let checked = check.check(
            ConfigurationValue(.object(known), origin: value.origin), has: OptionSchema(common.options + own), subject: "a \(role)",
            owner: type.map { "the \(role) “\(name($0))”" })
        guard let type, let checked, case .object(let all) = checked.content else { return nil }
        return Entry(
            type: type, name: checked["name"]?.string ?? name(type),
            nameOrigin: (value["name"] ?? value["plugin"] ?? value).origin,
            common: ConfigurationValue(.object(all.filter { common[$0.key] != nil }), origin: value.origin),
            options: ConfigurationValue(.object(all.filter { common[$0.key] == nil }), origin: value.origin),
            value: value, isSound: check.diagnostics.count == mistakes)
    }

    private func isMisspelledPlugin(_ key: String) -> Bool {
        common[key] == nil && Suggestion.nearest(to: key, among: ["plugin"]) != nil
    }

    private func type(of value: ConfigurationValue, _ check: inout SchemaCheck) -> Type? {
        guard let plugin = value["plugin"] else {
            if case .object(let members) = value.content, let near = members.first(where: { isMisspelledPlugin($0.key) }) {
                check.report(near.keyOrigin, "unknown key “\(near.key)” in a \(role), did you mean “plugin”?")
                return nil
            }
            check.report(value.origin, "a \(role) needs the key “plugin”: \(OptionKind.choice(types.map(name)).expectation)")
            return nil
        }
        guard let text = check.check(plugin, is: .string(limit: 64), "“plugin”")?.string else { return nil }
        if let type = types.first(where: { name($0) == text }) { return type }
        if elsewhere.contains(text) {
            let other = role == "sink" ? "source" : "sink"
            check.report(plugin.origin, "“\(text)” is a \(other), it belongs under “\(other)s”")
            return nil
        }
        let hint = Suggestion.hint(for: text, among: types.map(name))
        let all = types.isEmpty ? ", there are none" : ", there are \(types.map { "“\(name($0))”" }.joined(separator: ", "))"
        check.report(plugin.origin, "unknown \(role) type “\(text)”\(hint.isEmpty ? all : hint)")
        return nil
    }
}
