import Foundation
import TallywireCore

/// Validates values against the part of JSON Schema that the descriptions of the API use; 2020-12 and draft 7 agree on all of it. A
/// keyword that it does not know is a mistake too, so that nothing in a description goes unchecked.
public struct SchemaValidator: Sendable {
    /// The document that references point into.
    public let document: JSONValue

    public init(document: JSONValue) { self.document = document }

    /// What is wrong with `value`, with the path to it; empty if it is valid.
    public func mistakes(in value: JSONValue, schema: JSONValue, at path: String = "$") -> [String] {
        schema.members.flatMap { keyword, argument in check(keyword, argument, value, schema, path) }
    }

    private func check(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ schema: JSONValue, _ path: String)
        -> [String]
    {
        switch keyword {
        case "$ref":
            guard let target = resolve(argument.string ?? "") else { return ["\(path): dangling \(argument)"] }
            return mistakes(in: value, schema: target, at: path)
        case "type":
            let types = argument.string.map { [$0] } ?? argument.elements.compactMap(\.string)
            return types.contains { value.hasType($0) } ? [] : ["\(path): \(value) is not of type \(types)"]
        case "const": return value == argument ? [] : ["\(path): \(value) is not \(argument)"]
        case "enum": return argument.elements.contains(value) ? [] : ["\(path): \(value) is not one of \(argument)"]
        case "oneOf", "anyOf", "not": return checkChoice(keyword, argument, value, path)
        case "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties":
            return checkObject(keyword, argument, value, schema, path)
        case "items", "minItems", "maxItems": return checkArray(keyword, argument, value, path)
        case "minimum": return value.number.map { $0 >= argument.number ?? 0 } ?? true ? [] : ["\(path): below \(argument)"]
        case "maximum": return value.number.map { $0 <= argument.number ?? 0 } ?? true ? [] : ["\(path): above \(argument)"]
        case "minLength", "maxLength", "pattern", "format": return checkText(keyword, argument, value, path)
        case "description", "default": return []
        default: return ["\(path): the keyword \(keyword) is not checked"]
        }
    }

    private func checkChoice(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ path: String) -> [String] {
        if keyword == "not" {
            return mistakes(in: value, schema: argument, at: path).isEmpty ? ["\(path): it is what it must not be"] : []
        }
        let matching = argument.elements.map { mistakes(in: value, schema: $0, at: path) }
        let count = matching.count { $0.isEmpty }
        let isRight = keyword == "oneOf" ? count == 1 : count > 0
        return isRight ? [] : ["\(path): matches \(count) of \(keyword); \(matching.joined().joined(separator: "; "))"]
    }

    private func checkObject(
        _ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ schema: JSONValue, _ path: String
    ) -> [String] {
        guard case .object = value else { return [] }
        let members = value.members
        switch keyword {
        case "properties":
            return argument.members.flatMap { name, schema in
                members[name].map { mistakes(in: $0, schema: schema, at: "\(path).\(name)") } ?? []
            }
        case "required":
            return argument.elements.compactMap(\.string).filter { members[$0] == nil }.map { "\(path): \($0) is missing" }
        case "additionalProperties":
            let known = schema.members["properties"]?.members ?? [:]
            let others = members.filter { known[$0.key] == nil }
            if argument.bool == false { return others.keys.map { "\(path): \($0) is not described" } }
            return others.flatMap { mistakes(in: $1, schema: argument, at: "\(path).\($0)") }
        case "propertyNames": return members.keys.flatMap { mistakes(in: .string($0), schema: argument, at: path) }
        case "maxProperties": return members.count <= argument.int ?? 0 ? [] : ["\(path): too many members"]
        default: return members.count >= argument.int ?? 0 ? [] : ["\(path): too few members"]
        }
    }

    private func checkArray(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ path: String) -> [String] {
        guard case .array(let elements) = value else { return [] }
        switch keyword {
        case "items": return elements.enumerated().flatMap { mistakes(in: $1, schema: argument, at: "\(path)[\($0)]") }
        case "minItems": return elements.count >= argument.int ?? 0 ? [] : ["\(path): too few items"]
        default: return elements.count <= argument.int ?? 0 ? [] : ["\(path): too many items"]
        }
    }

    private func checkText(_ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ path: String) -> [String] {
        guard let text = value.string else { return [] }
        switch keyword {
        case "minLength": return text.unicodeScalars.count >= argument.int ?? 0 ? [] : ["\(path): too short"]
        case "maxLength": return text.unicodeScalars.count <= argument.int ?? 0 ? [] : ["\(path): too long"]
        case "pattern":
            guard let regex = try? Regex(argument.string ?? "") else { return ["\(path): \(argument) is no pattern"] }
            return text.contains(regex) ? [] : ["\(path): \(text) does not match \(argument)"]
        default:
            let isRight =
                switch argument.string {
                case "date-time": Timestamp(text) != nil
                case "date": Timestamp(text + "T00:00:00Z") != nil
                default: false
                }
            return isRight ? [] : ["\(path): \(text) is not a \(argument)"]
        }
    }

    /// What `reference`, such as `#/components/schemas/Product`, points to.
    public func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) { $0?.members[String($1)] }
    }
}

extension JSONValue {
    fileprivate func hasType(_ type: String) -> Bool {
        switch (type, self) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("boolean", .bool), ("null", .null):
            true
        case ("integer", .number): integer != nil
        default: false
        }
    }
}
