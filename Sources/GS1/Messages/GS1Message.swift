/// What a GS1 symbol says: application identifiers with their values, each in its format, and together as the rules want them.
///
/// A message is read from an element string, from bracketed text, from a GS1 Digital Link URI or, by ``Scan``, from what a scanner
/// sends; and it can be written as each of them. A value of this type has been checked: every value is in the format of the GS1
/// General Specifications, none is there twice with different values, and, unless the options say otherwise, all companions are.
///
/// Reading never traps and takes time linear in the input, whatever bytes it is given.
public struct GS1Message: Hashable, Sendable {
    /// The elements, in the order they were read in.
    public let elements: [Element]

    /// The longest input that is read, in bytes: the most that any GS1 symbol holds, 7089 digits of a QR code, and some more.
    public static let maximumInputLength = 8192

    /// The most elements of a message.
    public static let maximumElementCount = 64

    /// Checks the rules between elements, each of which has been checked by itself.
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

    /// - Throws: if an input of `count` bytes is larger than is read, or has nothing from `start` on.
    static func checkSize(_ count: Int, from start: Int = 0) throws(GS1Error) {
        guard count > start else { throw GS1Error(.empty, at: start, expected: "at least one element") }
        guard count <= maximumInputLength else {
            throw GS1Error(.tooLarge, at: maximumInputLength, expected: "at most \(maximumInputLength) bytes")
        }
    }
}

extension GS1Message: CustomStringConvertible {
    /// As bracketed text.
    public var description: String { bracketed }
}

/// What a parser lets pass that the GS1 standards do not, or no more.
public struct ParsingOptions: Hashable, Sendable {
    /// Whether identifiers are accepted that the table does not have, with a value of up to 90 characters of set 82.
    ///
    /// In an element string this works only for those whose first two digits say how many digits they have.
    public var permitsUnknownIdentifiers = false

    /// Whether such identifiers may be attributes in the query of a URI.
    public var permitsUnknownAttributes = false

    /// Whether (01) in a URI may have 8, 12 or 13 digits: GS1 Digital Link had this in its first release.
    public var permitsShortGTINs = false

    /// Whether keys in a URI may be names like `gtin` and `lot`: GS1 Digital Link had this in its first releases.
    public var permitsKeyNames = false

    /// Whether identifiers have to have the companions they need and none that they exclude.
    ///
    /// Off for carriers that are read one by one, since the rules hold for all symbols of an item together.
    public var checksCompanions = true

    /// All as the standards have it.
    public init() {}

    /// All as the standards have it.
    public static let strict = ParsingOptions()
}
