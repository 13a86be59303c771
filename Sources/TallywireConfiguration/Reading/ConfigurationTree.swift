import Yams

/// Reads JSON with comments into values that know their positions.
package enum ConfigurationTree {
    /// Returns the values of `text`, and the keys that are repeated in it. Throws the first mistake because of which the text is
    /// not JSON.
    package static func read(_ text: String) throws(SyntaxError) -> (value: ConfigurationValue, repeatedKeys: [SyntaxError]) {
        let json = try JSONText(text)
        do {
            guard let root = try Parser(yaml: json.yaml, encoding: .utf8).singleRoot() else {
                throw SyntaxError(position: TextPosition(), message: "the file is empty; an object is expected: { … }")
            }
            return (ConfigurationValue(root), json.repeatedKeys)
        } catch let error as SyntaxError {
            throw error
        } catch let error as YamlError {
            throw SyntaxError(error)
        } catch {
            throw SyntaxError(position: TextPosition(), message: "\(error)")
        }
    }
}

extension ConfigurationValue {
    /// The value of a node whose text is JSON.
    fileprivate init(_ node: Node) {
        let origin = node.mark.map { Origin.file(line: $0.line, column: $0.column) } ?? .builtIn
        switch node {
        case .scalar(let scalar) where scalar.style == .doubleQuoted: self.init(.string(scalar.string), origin: origin)
        case .scalar(let scalar): self.init(Content(literal: scalar.string), origin: origin)
        case .sequence(let sequence): self.init(.list(sequence.map(ConfigurationValue.init)), origin: origin)
        case .mapping(let mapping):
            let members = mapping.map { key, value in
                Member(
                    key.scalar?.string ?? "", keyOrigin: key.mark.map { .file(line: $0.line, column: $0.column) } ?? .builtIn,
                    ConfigurationValue(value))
            }
            self.init(.object(members), origin: origin)
        case .alias: self.init(.null, origin: origin)
        }
    }
}

extension ConfigurationValue.Content {
    /// The value of a JSON literal: `true`, `false`, `null` or a number. An integer beyond 64 bits is a number.
    fileprivate init(literal: String) {
        switch literal {
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        case "null": self = .null
        default: self = Int(literal).map(Self.integer) ?? .number(Double(literal) ?? .infinity)
        }
    }
}

extension SyntaxError {
    /// A mistake that only the YAML parser finds: the same key written in two ways, or a detail in which YAML differs from JSON.
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(position: TextPosition(line: mark.line, column: mark.column), message: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                position: TextPosition(line: context.mark.line, column: context.mark.column),
                message: "the key “\(keys.first ?? "")” is repeated")
        default: self.init(position: TextPosition(), message: "\(error)")
        }
    }
}
