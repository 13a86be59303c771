import Foundation

extension OptionSchema {
    /// What stands in place of a secret.
    package static let hidden = "***"

    /// Returns `value`, which was checked against this schema, for people to see: with the file's own text where a variable or a file was
    /// filled in, and without secrets.
    package func shown(_ value: ConfigurationValue) -> ConfigurationValue {
        guard case .object(let members) = value.content else { return value.asWritten }
        let shown = members.map { member in
            ConfigurationValue.Member(member.key, self[member.key]?.shown(member.value) ?? member.value.asWritten)
        }
        return ConfigurationValue(.object(shown))
    }
}

extension OptionSchema.Option {
    fileprivate func shown(_ value: ConfigurationValue) -> ConfigurationValue {
        switch (secrecy, value.content) {
        case (.none, _): kind.shown(value)
        case (.whole, _): value.withTexts { _ in OptionSchema.hidden }
        case (.url, _): value.withTexts(Self.shownURL)
        case (.arguments, .list(let elements)):
            ConfigurationValue(
                .list(elements.enumerated().map { $0 == 0 ? $1.asWritten : $1.withTexts { _ in OptionSchema.hidden } }))
        case (.arguments, _): value.withTexts { _ in OptionSchema.hidden }
        }
    }

    /// A URL with its scheme, host and port alone.
    private static func shownURL(_ text: String) -> String {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, let host = parts.host else {
            return OptionSchema.hidden
        }
        let user = parts.user == nil ? "" : "\(OptionSchema.hidden)@"
        let port = parts.port.map { ":\($0)" } ?? ""
        let isPlain = ["", "/"].contains(parts.path) && parts.query == nil && parts.fragment == nil
        return "\(scheme)://\(user)\(host)\(port)" + (isPlain ? parts.path : "/\(OptionSchema.hidden)")
    }
}

extension OptionKind {
    fileprivate func shown(_ value: ConfigurationValue) -> ConfigurationValue {
        switch (self, value.content) {
        case (.object(let schema), .object): schema.shown(value)
        case (.list(let kind, _), .list(let elements)): ConfigurationValue(.list(elements.map(kind.shown)))
        case (.map(let kind, _, _), .object(let members)):
            ConfigurationValue(.object(members.map { .init($0.key, kind.shown($0.value)) }))
        case (.oneOf(let kinds), _): kinds.first { $0.accepts(value) }?.shown(value) ?? value.asWritten
        default: value.asWritten
        }
    }
}

extension ConfigurationValue {
    /// The value, with the file's own text where something was filled in.
    fileprivate var asWritten: ConfigurationValue { withTexts { $0 } }

    /// The value, with other texts. A text that is one variable or one file, without a default, is shown as the file has it: it tells
    /// where the secret is, and not what it is.
    fileprivate func withTexts(_ change: (String) -> String) -> ConfigurationValue {
        switch content {
        case .list(let elements): return ConfigurationValue(.list(elements.map { $0.withTexts(change) }))
        case .object(let members):
            return ConfigurationValue(.object(members.map { Member($0.key, $0.value.withTexts(change)) }))
        default: break
        }
        if let written {
            let isReference =
                written.hasPrefix("${") && written.firstIndex(of: "}") == written.indices.last && !written.contains(":-")
            return ConfigurationValue(.string(isReference ? written : change(written)))
        }
        guard case .string(let text) = content else { return ConfigurationValue(content) }
        return ConfigurationValue(.string(change(text)))
    }
}
