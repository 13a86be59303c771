/// What is to be put into a symbol.
public enum SymbolContent: Hashable, Sendable {
    /// An element string, with a GS as separator, and maybe that of a composite component beside the symbol.
    case elementString(String, composite: String? = nil)
    /// The digits of an EAN, UPC or DataBar symbol, and maybe the element string of a composite component beside it.
    case tradeItem(GTIN, composite: String? = nil)
    /// Text, which may be a URI.
    case text(String)
}
