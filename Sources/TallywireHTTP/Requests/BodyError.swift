/// A member of a JSON body that is not as it should be.
struct BodyError: Error, Equatable {
    /// Where in the body, such as `lines[2].quantity`; empty for the body as a whole.
    var field: String
    /// What was expected, as a sentence.
    let message: String

    init(_ path: [any CodingKey], _ message: String) {
        self.field = Self.describe(path)
        self.message = message
    }

    /// Writes a path as people do: `lines[2].quantity`.
    static func describe(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text
    }

    /// The answer to a request with this mistake.
    var problem: Problem { .invalidRequest(message, field: field.isEmpty ? nil : field) }
}
