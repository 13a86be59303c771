import TallywireCore

/// Checks values against schemas: converts them, fills in variables and defaults, and collects every mistake with its position.
package struct SchemaCheck {
    package let file: String
    package let interpolation: Interpolation
    package private(set) var diagnostics: [ConfigurationDiagnostic] = []

    package init(file: String, interpolation: Interpolation) {
        self.file = file
        self.interpolation = interpolation
    }

    package mutating func report(_ origin: ConfigurationValue.Origin, _ message: String) {
        diagnostics.append(ConfigurationDiagnostic(file: file, origin: origin, message: message))
    }

    package mutating func report(_ diagnostic: ConfigurationDiagnostic) { diagnostics.append(diagnostic) }

    mutating func rewordReports(after count: Int, replacing text: String, with other: String) {
        for index in diagnostics.indices.dropFirst(count) {
            diagnostics[index].message = diagnostics[index].message.replacing(text, with: other)
        }
    }

    /// Returns the value converted to `kind`, or `nil` after a report. `subject` names the value in messages, such as `“port”`.
    package mutating func check(_ value: ConfigurationValue, is kind: OptionKind, _ subject: String) -> ConfigurationValue? {
        switch kind {
        case .oneOf(let kinds): return check(value, isOneOf: kinds, subject)
        case .object(let schema): return check(value, has: schema, subject: subject)
        case .list(let kind, let count):
            guard case .list(let elements) = value.content else { return mismatch(value, kind: "a list", subject) }
            guard holds(elements.count, count, "elements", value.origin, subject) else { return nil }
            let checked = elements.map { check($0, is: kind, "an element of \(subject)") }
            return ConfigurationValue(.list(checked.compactMap(\.self)), origin: value.origin)
        case .map(let kind, let count, let rule):
            guard case .object(let members) = value.content else { return mismatch(value, kind: "an object", subject) }
            guard holds(members.count, count, "keys", value.origin, subject) else { return nil }
            let checked = members.compactMap { member -> ConfigurationValue.Member? in
                if let mistake = rule?.mistake(member.key) { report(member.keyOrigin, "a key of \(subject): \(mistake)") }
                return check(member.value, is: kind, "“\(member.key)”").map { .init(member.key, keyOrigin: member.keyOrigin, $0) }
            }
            return ConfigurationValue(.object(checked), origin: value.origin)
        default: return check(scalar: value, is: kind, subject)
        }
    }

    /// Returns the object with all defaults, or `nil` after a report. `owner` is how messages call the object; by default that is
    /// `subject`.
    package mutating func check(
        _ value: ConfigurationValue, has schema: OptionSchema, subject: String, owner: String? = nil
    ) -> ConfigurationValue? {
        guard case .object(let members) = value.content else { return mismatch(value, kind: "an object", subject) }
        let owner = owner ?? subject
        var checked: [ConfigurationValue.Member] = []
        for member in members {
            guard let option = schema[member.key] else {
                let hint = Suggestion.hint(for: member.key, among: schema.options.map(\.key))
                report(member.keyOrigin, "unknown key “\(member.key)” in \(owner)\(hint)")
                continue
            }
            if let value = check(member.value, is: option.kind, "“\(member.key)”") {
                checked.append(.init(member.key, keyOrigin: member.keyOrigin, value))
            }
        }
        for option in schema.options where value[option.key] == nil {
            if let defaultValue = option.defaultValue {
                if let value = check(defaultValue, is: option.kind, "the default of “\(option.key)”") {
                    checked.append(.init(option.key, value))
                }
            } else if option.isRequired {
                report(value.origin, "\(owner) needs the key “\(option.key)”")
            }
        }
        return ConfigurationValue(.object(checked), origin: value.origin)
    }

    private mutating func check(
        _ value: ConfigurationValue, isOneOf kinds: [OptionKind], _ subject: String
    ) -> ConfigurationValue? {
        let fitting = kinds.filter { $0.accepts(value) }
        // The first alternative that takes the whole value is used. If none does, the mistakes of the first one are reported.
        for kind in fitting.dropFirst(fitting.count == 1 ? 1 : 0) {
            var trial = self
            if let checked = trial.check(value, is: kind, subject), trial.diagnostics.count == diagnostics.count { return checked }
        }
        guard let first = fitting.first else {
            return mismatch(value, kind: kinds.map(\.expectation).joined(separator: " or "), subject)
        }
        return check(value, is: first, subject)
    }

    private mutating func holds(
        _ count: Int, _ range: ClosedRange<Int>, _ what: String, _ origin: ConfigurationValue.Origin, _ subject: String
    ) -> Bool {
        if range.contains(count) { return true }
        let limit = count < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
        report(origin, "\(subject) has \(count) \(what), but needs \(limit)")
        return false
    }

    /// Reports that `value` has another JSON type than `kind` needs.
    package mutating func mismatch(_ value: ConfigurationValue, kind: String, _ subject: String) -> ConfigurationValue? {
        let found = value.string.map { "the string “\($0)”" } ?? value.kind
        report(value.origin, "\(subject) is \(found), but must be \(kind)")
        return nil
    }
}
