/// A GTIN with a serial number, as on RFID tags: SGTIN-96 and SGTIN-198 of the EPC Tag Data Standard.
///
/// EPC Tag Data Standard (GS1), sections "Serialised Global Trade Item Number (SGTIN)" for the URI and "SGTIN" of the binary encodings.
/// A tag splits the digits of the GTIN at the end of the company prefix, so the length of the prefix is encoded too.
public struct SGTIN: Hashable, Sendable {
    /// The trade item.
    public let gtin: GTIN

    /// The serial number, as in (21): one to twenty characters of character set 82.
    public let serial: String

    /// How many digits of the GTIN, after its indicator, are the GS1 Company Prefix: 6 to 12.
    public let companyPrefixLength: Int

    /// The kind of item with the tag, for readers that look for pallets and not for single items.
    public let filter: Filter

    /// The filter values of SGTIN.
    public enum Filter: UInt8, Hashable, Sendable, CaseIterable {
        /// All others.
        case other = 0
        /// A trade item at the point of sale.
        case pointOfSale = 1
        /// A full case for transport.
        case fullCase = 2
        /// Reserved.
        case reserved3 = 3
        /// An inner pack that goes into a case.
        case innerPack = 4
        /// Reserved.
        case reserved5 = 5
        /// A unit load, like a pallet.
        case unitLoad = 6
        /// A component of a trade item, which is not meant to be sold by itself.
        case component = 7
    }

    /// - Throws: ``GS1Error`` if the serial number is not valid, or the length of the company prefix is not 6 to 12.
    public init(gtin: GTIN, serial: String, companyPrefixLength: Int, filter: Filter = .other) throws(GS1Error) {
        guard (6...12).contains(companyPrefixLength) else {
            throw GS1Error(.malformedEPC, expected: "a company prefix of 6 to 12 digits")
        }
        _ = try GS1Message([Element(.gtin, gtin.digits14), Element(.serial, serial)])
        (self.gtin, self.serial, self.companyPrefixLength, self.filter) = (gtin, serial, companyPrefixLength, filter)
    }

    /// The company prefix.
    public var companyPrefix: String { String(gtin.digits14.dropFirst().prefix(companyPrefixLength)) }

    /// The indicator digit followed by the item reference, as in the tag and the URI.
    public var itemReference: String {
        let digits = gtin.digits14
        return String(digits.prefix(1) + digits.dropFirst(1 + companyPrefixLength).dropLast())
    }

    /// The GTIN of a company prefix and an item reference, which have 13 digits together.
    static func gtin(companyPrefix: some StringProtocol, itemReference: some StringProtocol) throws(GS1Error) -> GTIN {
        let body = String(itemReference.prefix(1)) + String(companyPrefix) + String(itemReference.dropFirst())
        return try GTIN(withoutCheckDigit: body)
    }

    /// The same as a message: (01) and (21).
    public var message: GS1Message {
        get throws(GS1Error) { try GS1Message([Element(.gtin, gtin.digits14), Element(.serial, serial)]) }
    }
}
