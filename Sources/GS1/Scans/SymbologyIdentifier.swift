/// The three characters that a scanner sends before the data, like `]C1`: the symbology, and the kind of data.
///
/// AIM's ISO/IEC 15424. Case matters: `]E` is EAN/UPC, `]e` is GS1 DataBar.
public struct SymbologyIdentifier: Hashable, Sendable {
    /// The letter after the bracket: the symbology.
    public let code: UInt8
    /// The character after the letter: the variant.
    public let modifier: UInt8

    /// Reads the first three bytes; nil if they are not a symbology identifier.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.first == UInt8(ascii: "]") else { return nil }
        var iterator = bytes.makeIterator()
        guard iterator.next() == UInt8(ascii: "]"), let code = iterator.next(), let modifier = iterator.next() else { return nil }
        guard Self.symbologies[code] != nil,
            modifier.isDigit || (0x41...0x5A).contains(modifier) || (0x61...0x7A).contains(modifier)
        else { return nil }
        (self.code, self.modifier) = (code, modifier)
    }

    /// The symbology of the identifier.
    public var symbology: Symbology {
        switch (code, modifier) {
        case (UInt8(ascii: "C"), UInt8(ascii: "1")): .gs1Code128
        case (UInt8(ascii: "E"), UInt8(ascii: "4")): .ean8
        default: Self.symbologies[code] ?? .other
        }
    }

    /// Whether the data after the identifier is an element string. This is true for `]C1`, `]e0`, `]d2`, `]Q3` and `]J1`.
    public var carriesElementStrings: Bool {
        switch (code, modifier) {
        case (UInt8(ascii: "C"), UInt8(ascii: "1")), (UInt8(ascii: "e"), UInt8(ascii: "0")), (UInt8(ascii: "d"), UInt8(ascii: "2")),
            (UInt8(ascii: "Q"), UInt8(ascii: "3")), (UInt8(ascii: "J"), UInt8(ascii: "1")):
            true
        default: false
        }
    }

    private static let symbologies: [UInt8: Symbology] = {
        var found: [UInt8: Symbology] = [:]
        // The symbologies of ISO/IEC 15424 that this module does not distinguish.
        for code in "BDHKMNOPRSTVYcghops".utf8 { found[code] = .other }
        let named: [(Character, Symbology)] = [
            ("A", .code39), ("C", .code128), ("E", .ean13), ("F", .codabar), ("G", .code93), ("I", .itf), ("J", .dotCode),
            ("L", .pdf417), ("Q", .qrCode), ("U", .maxiCode), ("d", .dataMatrix), ("e", .dataBarExpanded), ("z", .aztec),
        ]
        for (code, symbology) in named { found[code.asciiValue ?? 0] = symbology }
        return found
    }()
}

extension SymbologyIdentifier: CustomStringConvertible {
    /// The three characters.
    public var description: String { String(decoding: [UInt8(ascii: "]"), code, modifier], as: UTF8.self) }
}
