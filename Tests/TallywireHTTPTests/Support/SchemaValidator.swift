import Foundation
import TallywireCore

/// Validates values against the part of JSON Schema 2020-12 that the API's description uses. A keyword that it does not know is a
/// mistake too, so that nothing in the description goes unchecked.
struct SchemaValidator {
    /// The document that references point into.
    let document: JSONValue

    /// What is wrong with `value`, with the path to it; empty if it is valid.
    func mistakes(in value: JSONValue, schema: JSONValue, at path: String = "$") -> [String] {
        var result: [String] = []
        for (keyword, argument) in schema.members {
            result += check(keyword, argument, value, schema, path)
        }
        return result
    }

    private func check(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ schema: JSONValue, _ path: String)
        -> [String]
    {
        switch keyword {
        case "$ref":
            guard let target = resolve(argument.string ?? "") else { return ["\(path): dangling \(argument.text)"] }
            return mistakes(in: value, schema: target, at: path)
        case "type":
            let types = argument.string.map { [$0] } ?? argument.elements.compactMap(\.string)
            return types.contains { hasType(value, $0) } ? [] : ["\(path): \(value.text) is not of type \(argument.text)"]
        case "const": return value == argument ? [] : ["\(path): \(value.text) is not \(argument.text)"]
        case "enum": return argument.elements.contains(value) ? [] : ["\(path): \(value.text) is not one of \(argument.text)"]
        case "properties":
            return argument.members.flatMap { name, schema in
                value[name].map { mistakes(in: $0, schema: schema, at: "\(path).\(name)") } ?? []
            }
        case "required":
            guard case .object(let members) = value else { return [] }
            return argument.elements.compactMap(\.string).filter { members[$0] == nil }.map { "\(path): \($0) is missing" }
        case "additionalProperties":
            let known = schema["properties"]?.members ?? [:]
            return argument == false ? value.members.keys.filter { known[$0] == nil }.map { "\(path): \($0) is not described" } : []
        case "minProperties": return value.members.count >= argument.integer ?? 0 ? [] : ["\(path): too few members"]
        case "items":
            return value.elements.enumerated().flatMap { mistakes(in: $1, schema: argument, at: "\(path)[\($0)]") }
        case "minItems":
            guard case .array(let elements) = value else { return [] }
            return elements.count >= argument.integer ?? 0 ? [] : ["\(path): too few items"]
        case "maxItems": return value.elements.count <= argument.integer ?? 0 ? [] : ["\(path): too many items"]
        case "oneOf":
            let matching = argument.elements.map { mistakes(in: value, schema: $0, at: path) }
            let count = matching.count { $0.isEmpty }
            return count == 1 ? [] : ["\(path): matches \(count) of oneOf; \(matching.joined().joined(separator: "; "))"]
        case "minimum": return value.number.map { $0 >= argument.number ?? 0 } ?? true ? [] : ["\(path): below \(argument.text)"]
        case "maximum": return value.number.map { $0 <= argument.number ?? 0 } ?? true ? [] : ["\(path): above \(argument.text)"]
        case "minLength":
            return value.string.map { $0.unicodeScalars.count >= argument.integer ?? 0 } ?? true ? [] : ["\(path): too short"]
        case "maxLength":
            return value.string.map { $0.unicodeScalars.count <= argument.integer ?? 0 } ?? true ? [] : ["\(path): too long"]
        case "pattern":
            guard let text = value.string, let regex = try? Regex(argument.string ?? "") else { return [] }
            return text.contains(regex) ? [] : ["\(path): \(text) does not match \(argument.text)"]
        case "format":
            guard let text = value.string else { return [] }
            return argument == "date-time" && Timestamp(text) != nil ? [] : ["\(path): \(text) is not a \(argument.text)"]
        case "description", "default": return []
        default: return ["\(path): the keyword \(keyword) is not checked"]
        }
    }

    /// The schema that `reference`, such as `#/components/schemas/Product`, points to.
    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) { $0?[String($1)] }
    }

    private func hasType(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("boolean", .bool), ("null", .null):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
