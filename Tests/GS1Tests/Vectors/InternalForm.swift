import GS1

/// The form in which the vectors write messages: `^` is FNC1, and begins every element string.
enum InternalForm {
    static func of(_ message: GS1Message) -> String {
        "^" + of(elementString: message.elementString)
    }

    static func of(elementString text: String) -> String {
        String(text.map { $0 == "\u{1D}" ? "^" : $0 })
    }

    /// The element string, with GS as separator, of data that begins with FNC1; nil for other data.
    static func elementString(of data: some StringProtocol) -> String? {
        guard data.hasPrefix("^") else { return nil }
        return String(data.dropFirst().map { $0 == "^" ? "\u{1D}" : $0 })
    }

    /// In the vectors, text that could be taken for an element string has a backslash before it.
    static func escaped(_ text: String) -> String {
        text.drop { $0 == "\\" }.hasPrefix("^") ? "\\" + text : text
    }

    static func unescaped(_ text: String) -> String {
        text.hasPrefix("\\") && text.drop { $0 == "\\" }.hasPrefix("^") ? String(text.dropFirst()) : text
    }
}

extension ParsingOptions {
    /// For rows that are of the parser alone.
    static var withoutCompanions: ParsingOptions {
        var options = ParsingOptions.strict
        options.checksCompanions = false
        return options
    }
}
