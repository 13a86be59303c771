import Foundation

/// The one form of texts that name something, such as SKUs, location codes and barcodes.
///
/// The same text can be written in several ways: `Ü` is one scalar or two, and scanners and spreadsheets put white space around
/// their texts. Every name that comes in is brought to one form, so that engine, disk, topics and events can compare bytes.
extension String {
    /// The text in Unicode's normal form C (UAX #15), without white space around it: everything with the property `White_Space`,
    /// which includes spaces and line ends, and the byte order mark U+FEFF. The GS (U+001D) of GS1 stays.
    public var keyForm: String {
        if isKeyForm { return self }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !Self.isAround($0) }),
            let last = scalars.lastIndex(where: { !Self.isAround($0) })
        else { return "" }
        return String(scalars[first...last]).precomposedStringWithCanonicalMapping
    }

    /// Whether a quick check shows that the text is in ``keyForm``: printable ASCII that neither begins nor ends with a space.
    var isKeyForm: Bool {
        utf8.first != 0x20 && utf8.last != 0x20 && utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func isAround(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }

    /// The text shortened for a message: its first 80 scalars, with `…` if there are more.
    public var excerpt: String {
        guard utf8.count > Limits.excerptLength,
            let end = unicodeScalars.index(
                unicodeScalars.startIndex, offsetBy: Limits.excerptLength, limitedBy: unicodeScalars.endIndex),
            end < unicodeScalars.endIndex
        else { return self }
        return String(unicodeScalars[..<end]) + "…"
    }

    /// Whether the text has more than `length` Unicode scalars, the unit of all lengths. A text never has more scalars than bytes,
    /// which are quick to count. Characters are no measure, since any number of marks can make one.
    public func isLonger(than length: Int) -> Bool {
        utf8.count > length
            && unicodeScalars.index(
                unicodeScalars.startIndex, offsetBy: length + 1, limitedBy: unicodeScalars.endIndex) != nil
    }
}

/// The form of texts for searching: ``folded`` makes texts equal that differ in case or marks.
extension String {
    /// The text without case, marks and widths: `ärmel`, `ÄRMEL` and `Armel` give the same. Case is folded in full (`ß` is `ss`).
    public var folded: String {
        if utf8.allSatisfy({ $0 < 0x80 }) { return lowercased() }
        let folded = folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        // Unicode's case folding has one small sigma. Foundation's keeps the one that ends a word.
        return folded.replacing("ς", with: "σ")
    }
}
