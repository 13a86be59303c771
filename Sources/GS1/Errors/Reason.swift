extension GS1Error {
    /// The rule that was broken.
    public enum Reason: Hashable, Sendable {
        /// The input is empty.
        case empty
        /// The input has more bytes, or more elements, than this module reads.
        case tooLarge
        /// An application identifier was expected, and there is something else.
        case notAnApplicationIdentifier
        /// The application identifier is not in the table of the GS1 General Specifications.
        case unknownApplicationIdentifier
        /// An application identifier without a value.
        case emptyValue
        /// The value is shorter than its format allows.
        case valueTooShort
        /// The value is longer than its format allows.
        case valueTooLong
        /// A component of the value is not valid.
        case content(Violation)
        /// The same application identifier occurs twice, with different values.
        case conflictingRepeat
        /// The same application identifier occurs twice, and may occur only once even with the same value.
        case repeated
        /// A companion is missing, like (37) for (02).
        case missingCompanion
        /// A companion is not allowed, like (37) with (01).
        case excludedCompanion
        /// A digital signature (8030) signs a key without its serial component.
        case unsignableKey
        /// The bracketed text is not a sequence of `(AI)value`.
        case malformedBrackets
        /// The scan does not begin with an AIM symbology identifier that is known.
        case unknownSymbology
        /// The content cannot be in a symbol of this symbology.
        case unfitForSymbology
        /// RFC 3986 does not allow the URI, or the URI has the wrong scheme.
        case malformedURI
        /// There is no GS1 key in the path of the URI, or in the message from which a URI is made.
        case noPrimaryKey
        /// The qualifiers in the path are not those of the key, or not in order.
        case qualifierSequence
        /// This application identifier may not be a parameter of the query.
        case notAnAttribute
        /// This application identifier belongs into the path, not the query.
        case belongsIntoPath
        /// A key is not made of digits.
        case nonDigit
        /// A key has the wrong number of digits.
        case wrongDigitCount
        /// The check digit of a key is wrong.
        case checkDigit
        /// The electronic product code is not one that this module reads.
        case malformedEPC

        /// A short name that stays the same between releases, for programs and for counters.
        public var code: String {
            switch self {
            case .empty: "empty"
            case .tooLarge: "too_large"
            case .notAnApplicationIdentifier: "not_an_ai"
            case .unknownApplicationIdentifier: "unknown_ai"
            case .emptyValue: "empty_value"
            case .valueTooShort: "value_too_short"
            case .valueTooLong: "value_too_long"
            case .content(let violation): violation.code
            case .conflictingRepeat: "conflicting_repeat"
            case .repeated: "repeated"
            case .missingCompanion: "missing_companion"
            case .excludedCompanion: "excluded_companion"
            case .unsignableKey: "unsignable_key"
            case .malformedBrackets: "malformed_brackets"
            case .unknownSymbology: "unknown_symbology"
            case .unfitForSymbology: "unfit_for_symbology"
            case .malformedURI: "malformed_uri"
            case .noPrimaryKey: "no_primary_key"
            case .qualifierSequence: "qualifier_sequence"
            case .notAnAttribute: "not_an_attribute"
            case .belongsIntoPath: "belongs_into_path"
            case .nonDigit: "non_digit"
            case .wrongDigitCount: "wrong_digit_count"
            case .checkDigit: "check_digit"
            case .malformedEPC: "malformed_epc"
            }
        }
    }
}

extension GS1Error.Reason: CustomStringConvertible {
    /// What is wrong, for people, without a full stop.
    public var description: String {
        switch self {
        case .empty: "there is nothing to read"
        case .tooLarge: "this is more than is read at a time"
        case .notAnApplicationIdentifier: "this is not an application identifier"
        case .unknownApplicationIdentifier: "the application identifier is not in the GS1 General Specifications"
        case .emptyValue: "the value is empty"
        case .valueTooShort: "the value is too short"
        case .valueTooLong: "the value is too long"
        case .content(let violation): violation.description
        case .conflictingRepeat: "it is there twice with different values"
        case .repeated: "it is there twice"
        case .missingCompanion: "a companion is missing"
        case .excludedCompanion: "it stands beside one that excludes it"
        case .unsignableKey: "the signed key has no serial component"
        case .malformedBrackets: "this is not a sequence of (AI)value"
        case .unknownSymbology: "there is no AIM symbology identifier that is known"
        case .unfitForSymbology: "the data does not fit the symbology"
        case .malformedURI: "this is not a well-formed URI"
        case .noPrimaryKey: "there is no GS1 key to identify anything by"
        case .qualifierSequence: "these qualifiers do not follow this key in this order"
        case .notAnAttribute: "it may not be an attribute of a GS1 Digital Link"
        case .belongsIntoPath: "it belongs into the path"
        case .nonDigit: "there is a character that is not a digit"
        case .wrongDigitCount: "the number of digits is wrong"
        case .checkDigit: "the check digit is wrong"
        case .malformedEPC: "this is not an EPC that is read here"
        }
    }
}
