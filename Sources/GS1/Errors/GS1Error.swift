/// Why data breaks the rules of the GS1 standards: which rule, at which byte, in which application identifier, and what was
/// expected.
///
/// Every function of this module that can refuse its input throws only this type. `description` is a sentence for a person.
/// ``Reason/code`` is for programs and does not change between releases.
public struct GS1Error: Error, Hashable, Sendable {
    /// What is wrong.
    public let reason: Reason

    /// The application identifier of the data that is wrong, if there is one.
    public let applicationIdentifier: ApplicationIdentifier?

    /// The offset in bytes from the start of the parser's input; nil if the message was not parsed from bytes.
    public let position: Int?

    /// What would have been right, for people.
    public let expected: String

    init(_ reason: Reason, in applicationIdentifier: ApplicationIdentifier? = nil, at position: Int? = nil, expected: String) {
        self.reason = reason
        self.applicationIdentifier = applicationIdentifier
        self.position = position
        self.expected = expected
    }

    /// The same error for an input in which the parsed data begins `offset` bytes later.
    func moved(by offset: Int) -> GS1Error {
        guard offset != 0, let position else { return self }
        return GS1Error(reason, in: applicationIdentifier, at: position + offset, expected: expected)
    }
}

extension GS1Error: CustomStringConvertible {
    /// One sentence that says where the mistake is, what is wrong and what was expected. Like `(17) at byte 18: the month is not 01
    /// to 12; expected a date as YYMMDD, where DD may be 00`.
    public var description: String {
        var place = ""
        if let applicationIdentifier { place = "(\(applicationIdentifier))" }
        if let position { place += place.isEmpty ? "byte \(position)" : " at byte \(position)" }
        return (place.isEmpty ? "" : place + ": ") + "\(reason); expected \(expected)"
    }
}
