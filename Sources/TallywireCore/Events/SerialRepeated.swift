/// The same serial number was counted in, or out, twice in a row. The movement was applied, and somebody has to look at it.
public struct SerialRepeated: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    public let serial: String
    /// The operation that was repeated: ``Operation/add`` or ``Operation/subtract``.
    public let operation: Operation
    /// The `inventory_updated` that counted the serial number before.
    public let previousSeq: UInt64
    public let source: String
    public let movementID: String

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, serial: String, operation: Operation,
        previousSeq: UInt64, source: String, movementID: String
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.serial = serial
        self.operation = operation
        self.previousSeq = previousSeq
        self.source = source
        self.movementID = movementID
    }
}

extension SerialRepeated: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "SerialRepeated", [.serialRepeated], "A serial number was counted twice in one direction.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku),
            Member("serial", .text(1...Limits.traceLength)),
            Member("operation", .words(Operation.allCases.filter { $0.direction != nil }.map(\.rawValue))),
            Member("previousSeq", .id), Member("source", .string), Member("movementId", .movement), Member("message", .string),
        ])

    public static var example: SerialRepeated {
        SerialRepeated(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", serial: "S-7",
            operation: .subtract, previousSeq: 12, source: "mqtt-scanners/dock-1", movementID: "7f3c")
    }

    public var type: EventType { .serialRepeated }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID, variant: variantID, sku: sku)
    }

    public var wording: [Event.Words] {
        [.marked("\(sku): serial number \(serial) again", .low)]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("serial", serial)
        json.member("operation", operation.rawValue)
        json.member("previousSeq", previousSeq)
        json.member("source", source)
        json.member("movementId", movementID)
        json.member(
            "message", "Serial number \(serial) of \(sku) was counted \(operation.direction?.word ?? operation.rawValue) twice")
    }

    public init(_ data: EventData) throws {
        let variant = try data.variant()
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            serial: try data("serial"), operation: try data("operation"), previousSeq: try data("previousSeq"),
            source: try data("source"), movementID: try data("movementId"))
    }
}
