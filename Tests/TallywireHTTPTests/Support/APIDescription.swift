import HTTPPort
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

/// `openapi.json`, to hold requests and answers against.
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

    /// What an answer has that the description does not say, or says otherwise.
    func mistakes(_ method: String, _ path: String, _ answer: Answer) -> [String] {
        guard let operation = operation(method, path)?.operation else {
            // Beyond the described paths there are only problems.
            return answer.mediaType == "application/problem+json" ? problemMistakes(answer) : ["\(method) \(path) is not described"]
        }
        guard let response = operation["responses"]?["\(answer.status)"] else {
            return ["\(method) \(path): the status \(answer.status) is not described"]
        }
        for name in response["headers"]?.members.keys.sorted() ?? [] where answer.header(name) == nil {
            // An answer that fell back on the receipt has nothing to show.
            if answer.json?["movementId"] == nil { return ["\(method) \(path): the header \(name) is missing"] }
        }
        guard let content = response["content"]?[answer.mediaType] else {
            return ["\(method) \(path) \(answer.status): the media type \(answer.mediaType) is not described"]
        }
        guard answer.mediaType.hasSuffix("json"), answer.mediaType != "application/x-ndjson", let json = answer.json,
            let schema = content["schema"]
        else { return [] }
        var result = validator.mistakes(in: json, schema: schema)
        if answer.mediaType == "application/problem+json" {
            let codes = response["description"]?.string ?? ""
            if !codes.contains("`\(json["code"]?.string ?? "")`") {
                result.append("the code \(json["code"]?.text ?? "") is not described")
            }
        }
        return result
    }

    private func problemMistakes(_ answer: Answer) -> [String] {
        guard let json = answer.json, let schema = validator.resolve("#/components/schemas/Problem") else { return ["no problem"] }
        return validator.mistakes(in: json, schema: schema)
    }
}
