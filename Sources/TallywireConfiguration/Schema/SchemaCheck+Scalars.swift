import Foundation
import TallywireCore

extension SchemaCheck {
    /// Returns the scalar converted to `kind`, or `nil` after a report.
    mutating func check(scalar value: ConfigurationValue, is kind: OptionKind, _ subject: String) -> ConfigurationValue? {
        guard let (content, isFree) = complete(value) else { return nil }
        let mistakes = diagnostics.count
        var checked = check(ConfigurationValue(content, origin: value.origin), isFree: isFree, is: kind, subject)
        if isFree { checked?.written = value.string }
        if isFree, case .string(let text) = content, let written = value.string {
            // A variable or a file may contain a secret, so messages show the text as the file has it.
            rewordReports(after: mistakes, replacing: "“\(text)”", with: "“\(written)”")
        }
        return checked
    }

    private mutating func check(
        _ value: ConfigurationValue, isFree: Bool, is kind: OptionKind, _ subject: String
    ) -> ConfigurationValue? {
        switch (kind, value.content) {
        case (.string(let limit, let rule), .string(let text)):
            return check(text, limit: limit, rule, subject, at: value)
        case (.string, _) where value.overrideText != nil:
            return check(scalar: ConfigurationValue(.string(value.overrideText ?? ""), origin: value.origin), is: kind, subject)
        case (.bool, .bool), (.duration, .duration): return value
        case (.bool, .string(let text)) where isFree && ["true", "false"].contains(text):
            return ConfigurationValue(.bool(text == "true"), origin: value.origin)
        case (.integer(let range), .integer(let number)):
            return check(number, in: range, text: { "\($0)" }, subject, at: value) { .integer($0) }
        case (.integer(let range), .string(let text)) where isFree && Int(text) != nil:
            return check(Int(text) ?? 0, in: range, text: { "\($0)" }, subject, at: value) { .integer($0) }
        case (.number(let range), .integer(let number)):
            return check(Double(number), in: range, text: { "\($0)" }, subject, at: value) { .number($0) }
        case (.number(let range), .number(let number)):
            return check(number, in: range, text: { "\($0)" }, subject, at: value) { .number($0) }
        case (.number(let range), .string(let text)) where isFree && Double(text) != nil:
            return check(Double(text) ?? 0, in: range, text: { "\($0)" }, subject, at: value) { .number($0) }
        case (.duration(let range), .string(let text)):
            guard let duration = Duration(configuration: text) else {
                report(value.origin, "\(subject): “\(text)” is not a duration such as “500ms”, “30s”, “5m”, “24h” or “7d”")
                return nil
            }
            return check(duration, in: range, text: \.configurationText, subject, at: value) { .duration($0) }
        case (.size(let range), .string(let text)):
            guard let size = ByteSize(text) else {
                report(value.origin, "\(subject): “\(text)” is not a size such as “512B”, “64KiB”, “10MB” or “1GiB”")
                return nil
            }
            return check(size, in: range, text: \.description, subject, at: value) { .size($0) }
        case (.size(let range), .integer(let bytes)):
            return check(ByteSize(bytes: bytes), in: range, text: \.description, subject, at: value) { .size($0) }
        case (.choice(let choices), .string(let text)):
            guard !choices.contains(text) else { return value }
            report(value.origin, "\(subject): \(Self.noChoice(text, choices))")
            return nil
        case (.url(let schemes), .string(let text)):
            guard let mistake = Self.mistake(inURL: text, schemes: schemes) else { return value }
            report(value.origin, "\(subject): \(mistake)")
            return nil
        default:
            return mismatch(value, kind: kind.expectation, subject)
        }
    }

    /// Fills variables into a string. `isFree` says that the text came from outside the file, so that it may stand for a number.
    private mutating func complete(_ value: ConfigurationValue) -> (ConfigurationValue.Content, isFree: Bool)? {
        guard case .string(let text) = value.content else { return (value.content, false) }
        do {
            let (text, isFree) = try interpolation.expand(text)
            return (.string(text), isFree)
        } catch {
            report(value.origin, error.message)
            return nil
        }
    }

    private mutating func check(
        _ text: String, limit: Int, _ rule: TextRule?, _ subject: String, at value: ConfigurationValue
    ) -> ConfigurationValue? {
        let mistake =
            text.count > limit
            ? "has \(text.count) characters, but at most \(limit) are allowed"
            : rule.map { $0.mistake(text).map { ": \($0)" } } ?? (text.isEmpty ? "is empty" : nil)
        guard let mistake else { return value }
        report(value.origin, "\(subject)\(mistake.hasPrefix(":") ? "" : " ")\(mistake)")
        return nil
    }

    private mutating func check<Bound: Comparable>(
        _ bound: Bound, in range: ClosedRange<Bound>, text: (Bound) -> String, _ subject: String, at value: ConfigurationValue,
        content: (Bound) -> ConfigurationValue.Content
    ) -> ConfigurationValue? {
        guard range.contains(bound) else {
            let limits = "from \(text(range.lowerBound)) to \(text(range.upperBound))"
            report(value.origin, "\(subject) is \(text(bound)), but must be \(limits)")
            return nil
        }
        return ConfigurationValue(content(bound), origin: value.origin)
    }

    private static func noChoice(_ text: String, _ choices: [String]) -> String {
        let hint = Suggestion.hint(for: text, among: choices)
        if !hint.isEmpty { return "unknown value “\(text)”\(hint)" }
        return "unknown value “\(text)”, it must be \(OptionKind.choice(choices).expectation)"
    }

    private static func mistake(inURL text: String, schemes: [String]) -> String? {
        let example = "\(schemes.first ?? "https")://host"
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased() else {
            return "“\(text)” is not a URL such as “\(example)”"
        }
        guard schemes.contains(scheme) else {
            let hint = Suggestion.hint(for: scheme, among: schemes)
            return "“\(scheme):” is not possible here\(hint.isEmpty ? ", the URL is such as “\(example)”" : hint)"
        }
        guard let host = url.host, !host.isEmpty else { return "“\(text)” names no host, such as “\(example)”" }
        if let port = url.port, !(1...65_535).contains(port) { return "“\(text)” has no possible port" }
        return nil
    }
}

extension ConfigurationValue {
    /// The text of a scalar from the command line. In `--set x.clientId=42` the value may be meant as a string.
    fileprivate var overrideText: String? {
        guard case .override(_, let text) = origin else { return nil }
        switch content {
        case .bool, .integer, .number, .null: return text
        default: return nil
        }
    }
}
