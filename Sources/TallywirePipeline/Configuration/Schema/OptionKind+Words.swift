extension OptionKind {
    /// What a value must be, in the words of error messages and of the reference.
    var expectation: String {
        switch self {
        case .string(_, let rule): rule.map { "a string: \($0.description)" } ?? "a string"
        case .bool: "true or false"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a duration from “\(range.lowerBound.configurationText)” to “\(range.upperBound.configurationText)”"
        case .size(let range): "a size from “\(range.lowerBound)” to “\(range.upperBound)”"
        case .choice(let choices): (choices.count == 1 ? "" : "one of ") + choices.map { "“\($0)”" }.joined(separator: ", ")
        case .list: "a list"
        case .map, .object: "an object"
        case .oneOf(let kinds): kinds.map(\.expectation).joined(separator: " or ")
        case .url(let schemes): "a URL with \(schemes.map { "\($0)://" }.joined(separator: ", "))"
        }
    }

    /// Whether the JSON type of `value` is one that this kind is written in.
    func accepts(_ value: ConfigurationValue) -> Bool {
        switch (self, value.content) {
        case (.oneOf(let kinds), _): kinds.contains { $0.accepts(value) }
        case (.object, .object), (.map, .object), (.list, .list): true
        case (.object, _), (.map, _), (.list, _): false
        case (.string, .string), (.duration, .string), (.size, .string), (.choice, .string), (.url, .string): true
        case (.duration, .duration), (.size, .size), (.size, .integer): true
        case (.bool, .bool), (.integer, .integer), (.number, .integer), (.number, .number): true
        // It may hold a variable whose text is such a value.
        case (.bool, .string(let text)), (.integer, .string(let text)), (.number, .string(let text)): text.contains("${")
        default: false
        }
    }
}
