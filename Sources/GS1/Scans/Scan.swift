/// What a scanner sent: the symbology identifier and what the data behind it is.
///
/// Which it is, an element string, a GTIN, a URI or just text, follows from the symbology identifier alone, so that a serial number
/// in Code 128 that happens to begin with 01 is never taken for a GTIN.
public struct Scan: Hashable, Sendable {
    /// The three characters the scan begins with.
    public let identifier: SymbologyIdentifier

    /// What was in the symbol.
    public let content: Content

    /// The kind of symbol.
    public var symbology: Symbology { identifier.symbology }

    /// The message, whether it was an element string, a GTIN or a URI; nil if the symbol has nothing of GS1's.
    public var message: GS1Message? {
        switch content {
        case .elementString(let message), .digitalLink(_, let message), .tradeItem(_, let message): message
        case .text: nil
        }
    }

    /// What a symbol can carry.
    public enum Content: Hashable, Sendable {
        /// Application identifiers with their values.
        case elementString(GS1Message)
        /// The digits of an EAN, UPC or ITF-14 symbol. The message is `(01)` with the GTIN, and what a composite component beside the
        /// symbol adds to it. `addOn` is the two or five digits that periodicals have beside the symbol.
        case tradeItem(addOn: String?, GS1Message)
        /// A GS1 Digital Link URI, and what it says.
        case digitalLink(String, GS1Message)
        /// Something else. Bytes, since symbols can carry any.
        case text([UInt8])
    }
}

/// What is to be put into a symbol.
public enum SymbolContent: Hashable, Sendable {
    /// An element string, with a GS as separator, and maybe that of a composite component beside the symbol.
    case elementString(String, composite: String? = nil)
    /// The digits of an EAN, UPC or DataBar symbol, and maybe the element string of a composite component beside it.
    case tradeItem(GTIN, composite: String? = nil)
    /// Text, which may be a URI.
    case text(String)
}
