/// Somebody has seen an alert and sees to it. It says nothing of the stock: the alert is over when the level changes again.
public struct AlertAcknowledged: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    /// The level that the alert told.
    public let level: StockLevel
    /// The `stock_alert` that is acknowledged.
    public let alertSeq: UInt64
    /// Who it was, as its token names it.
    public let by: String
    public let note: String?

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, level: StockLevel, alertSeq: UInt64,
        by: String, note: String?
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.level = level
        self.alertSeq = alertSeq
        self.by = by
        self.note = note
    }
}

extension AlertAcknowledged {
    func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("stockLevel", level.rawValue)
        json.member("alertSeq", alertSeq)
        json.member("by", by)
        json.member("note", note)
        json.member("message", "\(by) has seen the alert of \(sku)")
    }
}

extension AlertAcknowledged: Decodable {
    private enum Key: String, CodingKey { case productId, variantId, sku, stockLevel, alertSeq, by, note }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        let variant = try data.decodeIfPresent(Int64.self, forKey: .variantId).map { VariantID($0) }
        self.init(
            productID: ProductID(try data.decode(Int64.self, forKey: .productId)),
            variantID: variant ?? decoder.userInfo[.defaultVariantID] as? VariantID ?? VariantID(0),
            isDefaultVariant: variant == nil, sku: try data.decode(String.self, forKey: .sku),
            level: try data.decode(StockLevel.self, forKey: .stockLevel),
            alertSeq: try data.decode(UInt64.self, forKey: .alertSeq), by: try data.decode(String.self, forKey: .by),
            note: try data.decodeIfPresent(String.self, forKey: .note))
    }
}
