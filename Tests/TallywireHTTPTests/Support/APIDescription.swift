import HTTPPort
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

/// `openapi.json`, to hold requests and responses against.
struct APIDescription {
    static let shared = try? APIDescription()

    let document: JSONValue
    let validator: SchemaValidator

    init() throws {
        document = try JSONValue(OpenAPI.document(version: "0.1.0"))
        validator = SchemaValidator(document: document)
    }

    /// All operations by `METHOD /path`.
    var operations: [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        for (path, item) in document["paths"]?.members ?? [:] {
            for (method, operation) in item.members { result["\(method.uppercased()) \(path)"] = operation }
        }
        return result
    }

    /// The operation that a request for `path` belongs to.
    func operation(_ method: String, _ path: String) -> (path: String, operation: JSONValue)? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        for (pattern, item) in document["paths"]?.members ?? [:] {
            let parts = pattern.split(separator: "/")
            guard parts.count == segments.count, zip(parts, segments).allSatisfy({ $0.first == "{" || $0 == $1 }) else { continue }
            if let operation = item[method.lowercased()] { return (pattern, operation) }
        }
        return nil
    }

    /// What a response has that the description does not say, or says otherwise.
    func mistakes(_ method: String, _ path: String, _ response: APIResponse) -> [String] {
        guard let operation = operation(method, path)?.operation else {
            // Beyond the described paths there are only problems.
            return response.mediaType == "application/problem+json"
                ? problemMistakes(response) : ["\(method) \(path) is not described"]
        }
        guard let described = operation["responses"]?["\(response.status)"] else {
            return ["\(method) \(path): the status \(response.status) is not described"]
        }
        for name in described["headers"]?.members.keys.sorted() ?? [] where response.header(name) == nil {
            // A response that fell back on the receipt has nothing to show.
            if response.json?["movementId"] == nil { return ["\(method) \(path): the header \(name) is missing"] }
        }
        guard let content = described["content"]?[response.mediaType] else {
            return ["\(method) \(path) \(response.status): the media type \(response.mediaType) is not described"]
        }
        guard response.mediaType.hasSuffix("json"), response.mediaType != "application/x-ndjson", let json = response.json,
            let schema = content["schema"]
        else { return [] }
        var result = validator.mistakes(in: json, schema: schema)
        if response.mediaType == "application/problem+json" {
            let codes = described["description"]?.string ?? ""
            if !codes.contains("`\(json["code"]?.string ?? "")`") {
                result.append("the code \(json["code"]?.text ?? "") is not described")
            }
        }
        return result
    }

    private func problemMistakes(_ response: APIResponse) -> [String] {
        guard let json = response.json, let schema = validator.resolve("#/components/schemas/Problem") else {
            return ["no problem"]
        }
        return validator.mistakes(in: json, schema: schema)
    }
}
