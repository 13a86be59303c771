import TallywireCore

extension OpenAPI {
    /// All schemas by name.
    static let schemas: [(String, JSONValue)] =
        JSONSchema.ofRequests + JSONSchema.ofResponses + JSONSchema.ofCounts + JSONSchema.ofEvents + JSONSchema.ofDevices
        + JSONSchema.ofOperations + JSONSchema.ofClusters
}

extension JSONSchema {
    /// The form of every list.
    static func page(of schema: String, _ more: [(String, JSONValue)] = []) -> JSONValue {
        object([("items", list(of: reference(schema))), ("nextCursor", optionalText)] + more)
    }
}
