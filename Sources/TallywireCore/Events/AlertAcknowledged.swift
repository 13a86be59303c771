/// Somebody has seen an alert and takes care of it. The stock is not concerned: the alert is over when the level changes again.
public struct AlertAcknowledged: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    /// The location of an alert of a location; `nil` for an alert of the total.
    public let location: String?
    /// The level in the alert.
    public let level: StockLevel
    /// The `stock_alert` that is acknowledged.
    public let alertSeq: UInt64
    /// Who acknowledged the alert, as the token names it.
    public let by: String
    public let note: String?

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, location: String? = nil, level: StockLevel,
        alertSeq: UInt64, by: String, note: String?
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.location = location
        self.level = level
        self.alertSeq = alertSeq
        self.by = by
        self.note = note
    }
}

extension AlertAcknowledged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "AlertAcknowledged", [.alertAcknowledged], "Somebody has seen an alert.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku), .optional("location", .location),
            Member("stockLevel", .level), Member("alertSeq", .id), Member("by", .string),
            .optional("note", .text(1...Limits.reasonLength)),
            Member("message", .string),
        ])

    public static var example: AlertAcknowledged {
        AlertAcknowledged(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", level: .low,
            alertSeq: 1043, by: "anna", note: "ordered, comes on Tuesday")
    }

    public var type: EventType { .alertAcknowledged }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID, variant: variantID, sku: sku, location: location, level: level)
    }

    public var wording: [Event.Words] {
        [.text("\(by) has seen that \(sku) is \(level.rawValue)\(there)\(note.map { ": \($0)" } ?? "")")]
    }

    private var there: String { location.map { " at \($0)" } ?? "" }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("location", location)
        json.member("stockLevel", level.rawValue)
        json.member("alertSeq", alertSeq)
        json.member("by", by)
        json.member("note", note)
        json.member("message", "\(by) has seen the alert of \(sku)\(there)")
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            location: try data.optional("location"), level: try data("stockLevel"), alertSeq: try data("alertSeq"),
            by: try data("by"), note: try data.optional("note"))
    }
}
