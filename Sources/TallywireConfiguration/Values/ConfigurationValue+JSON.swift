import TallywireCore

extension ConfigurationValue {
    /// The value as JSON on one line, as plugins.json could hold it.
    public var json: String { lines(indent: nil, depth: 0) }

    /// The value as JSON, indented by two spaces a level. Empty objects and lists stay on one line.
    public var indentedJSON: String { lines(indent: 2, depth: 0) }

    private func lines(indent: Int?, depth: Int) -> String {
        switch content {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): value.isFinite ? String(value) : "null"
        case .string(let value): Self.quoted(value)
        case .duration(let value): Self.quoted(value.configurationText)
        case .size(let value): Self.quoted(value.description)
        case .list(let elements):
            Self.join(elements.map { $0.lines(indent: indent, depth: depth + 1) }, "[", "]", indent, depth)
        case .object(let members):
            Self.join(
                members.map { "\(Self.quoted($0.key)): \($0.value.lines(indent: indent, depth: depth + 1))" }, "{", "}", indent,
                depth)
        }
    }

    private static func join(_ parts: [String], _ open: String, _ close: String, _ indent: Int?, _ depth: Int) -> String {
        guard !parts.isEmpty else { return open + close }
        guard let indent else {
            let padding = open == "{" ? " " : ""
            return open + padding + parts.joined(separator: ", ") + padding + close
        }
        let margin = "\n" + String(repeating: " ", count: indent * depth)
        let inner = margin + String(repeating: " ", count: indent)
        return open + inner + parts.joined(separator: "," + inner) + margin + close
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter(capacity: text.utf8.count + 2)
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
