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
