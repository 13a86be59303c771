/// The content of a GS1 symbol: application identifiers with their values. Each value has the right format, and together they keep
/// the rules.
///
/// A message is read from an element string, from bracketed text, from a GS1 Digital Link URI or, by ``Scan``, from a scanner's
/// data. It can also be written in each of these forms. A value of this type has been checked: every value has the format of the
/// GS1 General Specifications, and no identifier occurs twice with different values. Unless the options say otherwise, all
/// companions are there too.
///
/// Reading never traps and takes time linear in the input, whatever bytes the input has.
public struct GS1Message: Hashable, Sendable {
    /// The elements, in the order in which they were read.
    public let elements: [Element]

    /// The longest input in bytes: somewhat more than the most that any GS1 symbol can hold, 7089 digits of a QR code.
    public static let maximumInputLength = 8192

    /// The most elements of a message.
    public static let maximumElementCount = 64

    /// Checks the rules between elements. Each element has been checked by itself.
    init(checked elements: [Element], options: ParsingOptions) throws(GS1Error) {
        self.elements = elements
        try Rules.check(elements, options: options)
    }

    /// Makes a message of elements.
    ///
    /// - Throws: ``GS1Error`` if a value is not in the format of its identifier, or a rule between elements is broken.
    public init(_ elements: [Element], options: ParsingOptions = .strict) throws(GS1Error) {
        guard !elements.isEmpty else { throw GS1Error(.empty, expected: "at least one element") }
        guard elements.count <= Self.maximumElementCount else { throw Self.tooManyElements(at: nil) }
        for element in elements {
            do throws(GS1Error) {
                try Self.check(Array(element.value.utf8).span, of: element.applicationIdentifier, options: options)
            } catch {
                throw GS1Error(error.reason, in: element.applicationIdentifier, expected: error.expected)
            }
        }
        try self.init(checked: elements, options: options)
    }

    /// The value of the first element with this identifier.
    public subscript(_ identifier: ApplicationIdentifier) -> String? {
        element(identifier)?.value
    }

    /// The first element with this identifier.
    public func element(_ identifier: ApplicationIdentifier) -> Element? {
        for element in elements where element.applicationIdentifier == identifier { return element }
        return nil
    }

    static func tooManyElements(at position: Int?) -> GS1Error {
        GS1Error(.tooLarge, at: position, expected: "at most \(maximumElementCount) elements")
    }

    /// - Throws: if an input of `count` bytes is too large, or has no bytes from `start` on.
    static func checkSize(_ count: Int, from start: Int = 0) throws(GS1Error) {
        guard count > start else { throw GS1Error(.empty, at: start, expected: "at least one element") }
        guard count <= maximumInputLength else {
            throw GS1Error(.tooLarge, at: maximumInputLength, expected: "at most \(maximumInputLength) bytes")
        }
    }
}

extension GS1Message: CustomStringConvertible {
    /// The message as bracketed text.
    public var description: String { bracketed }
}

/// Exceptions from the GS1 standards, or from their current releases, that a parser allows.
public struct ParsingOptions: Hashable, Sendable {
    /// Whether identifiers that are not in the table are accepted, with a value of up to 90 characters of set 82.
    ///
    /// In an element string this works only for identifiers whose first two digits say how many digits they have.
    public var permitsUnknownIdentifiers = false

    /// Whether identifiers that are not in the table may be attributes in the query of a URI.
    public var permitsUnknownAttributes = false

    /// Whether (01) in a URI may have 8, 12 or 13 digits, as in the first release of GS1 Digital Link.
    public var permitsShortGTINs = false

    /// Whether keys in a URI may be names like `gtin` and `lot`, as in the first releases of GS1 Digital Link.
    public var permitsKeyNames = false

    /// Whether identifiers need to have their companions, and none that they exclude.
    ///
    /// Turn this off for symbols that are read one by one, since the rules apply to all symbols of an item together.
    public var checksCompanions = true

    /// The options of the current standards.
    public init() {}

    /// The options of the current standards.
    public static let strict = ParsingOptions()
}
