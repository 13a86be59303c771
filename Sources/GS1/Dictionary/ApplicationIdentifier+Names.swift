extension ApplicationIdentifier {
    /// (00) Serial Shipping Container Code.
    public static let sscc = ApplicationIdentifier(number: 0, digitCount: 2)
    /// (01) GTIN of the item that carries the symbol.
    public static let gtin = ApplicationIdentifier(number: 1, digitCount: 2)
    /// (02) GTIN of the items in a logistic unit; (37) says how many.
    public static let containedGTIN = ApplicationIdentifier(number: 2, digitCount: 2)
    /// (10) Batch or lot.
    public static let batch = ApplicationIdentifier(number: 10, digitCount: 2)
    /// (11) Date of production.
    public static let productionDate = ApplicationIdentifier(number: 11, digitCount: 2)
    /// (13) Date of packaging.
    public static let packagingDate = ApplicationIdentifier(number: 13, digitCount: 2)
    /// (15) Best before.
    public static let bestBefore = ApplicationIdentifier(number: 15, digitCount: 2)
    /// (16) Sell by.
    public static let sellBy = ApplicationIdentifier(number: 16, digitCount: 2)
    /// (17) Use by, or expiry.
    public static let expiry = ApplicationIdentifier(number: 17, digitCount: 2)
    /// (21) Serial number.
    public static let serial = ApplicationIdentifier(number: 21, digitCount: 2)
    /// (22) Consumer product variant.
    public static let productVariant = ApplicationIdentifier(number: 22, digitCount: 2)
    /// (235) Third-party controlled, serialised extension of a GTIN.
    public static let thirdPartyExtension = ApplicationIdentifier(number: 235, digitCount: 3)
    /// (253) Global Document Type Identifier.
    public static let documentType = ApplicationIdentifier(number: 253, digitCount: 3)
    /// (255) Global Coupon Number.
    public static let coupon = ApplicationIdentifier(number: 255, digitCount: 3)
    /// (30) Count of items in a variable measure trade item.
    public static let variableCount = ApplicationIdentifier(number: 30, digitCount: 2)
    /// (37) Count of trade items in a logistic unit.
    public static let count = ApplicationIdentifier(number: 37, digitCount: 2)
    /// (410) GLN to ship to.
    public static let shipTo = ApplicationIdentifier(number: 410, digitCount: 3)
    /// (414) GLN of a physical location.
    public static let location = ApplicationIdentifier(number: 414, digitCount: 3)
    /// (422) Country of origin.
    public static let origin = ApplicationIdentifier(number: 422, digitCount: 3)
    /// (8003) Global Returnable Asset Identifier.
    public static let returnableAsset = ApplicationIdentifier(number: 8003, digitCount: 4)
    /// (8006) Identification of a piece of a trade item.
    public static let tradeItemPiece = ApplicationIdentifier(number: 8006, digitCount: 4)
    /// (8030) Digital signature.
    public static let digitalSignature = ApplicationIdentifier(number: 8030, digitCount: 4)
}
