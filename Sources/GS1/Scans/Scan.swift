/// A scanner's data: the symbology identifier and the content after it.
///
/// The symbology identifier alone decides whether the content is an element string, a GTIN, a URI or text. So a serial number in
/// Code 128 that happens to begin with 01 is never taken for a GTIN.
public struct Scan: Hashable, Sendable {
    /// The three characters with which the scan begins.
    public let identifier: SymbologyIdentifier

    /// The content of the symbol.
    public let content: Content

    /// The kind of symbol.
    public var symbology: Symbology { identifier.symbology }

    /// The message of an element string, a GTIN or a URI; nil if the symbol has no GS1 content.
    public var message: GS1Message? {
        switch content {
        case .elementString(let message), .digitalLink(_, let message), .tradeItem(_, let message): message
        case .text: nil
        }
    }

    /// The kinds of content of a symbol.
    public enum Content: Hashable, Sendable {
        /// Application identifiers with their values.
        case elementString(GS1Message)
        /// The digits of an EAN, UPC or ITF-14 symbol. The message is `(01)` with the GTIN, followed by the elements of a composite
        /// component beside the symbol. `addOn` is the two or five digits beside the symbol of a periodical.
        case tradeItem(addOn: String?, GS1Message)
        /// A GS1 Digital Link URI, and its message.
        case digitalLink(String, GS1Message)
        /// Any other content. It is in bytes, since symbols can hold any.
        case text([UInt8])
    }
}

/// Content for a symbol.
public enum SymbolContent: Hashable, Sendable {
    /// An element string, with a GS as separator, and optionally the element string of a composite component beside the symbol.
    case elementString(String, composite: String? = nil)
    /// The digits of an EAN, UPC or DataBar symbol, and optionally the element string of a composite component beside the symbol.
    case tradeItem(GTIN, composite: String? = nil)
    /// Text, which may be a URI.
    case text(String)
}
