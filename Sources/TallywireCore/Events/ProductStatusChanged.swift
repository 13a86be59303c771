/// A product's status changed. The version of each of its variants grows by one.
public struct ProductStatusChanged: Equatable, Sendable {
    public let productID: ProductID
    public let status: ProductStatus
    public let previousStatus: ProductStatus

    public init(productID: ProductID, status: ProductStatus, previousStatus: ProductStatus) {
        self.productID = productID
        self.status = status
        self.previousStatus = previousStatus
    }
}

extension ProductStatusChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "ProductStatusChanged", [.productStatusChanged], for: .shop, "A product's status changed.",
        [
            Member("productId", .id), Member("status", .status), Member("previousStatus", .status),
        ])

    public static var example: ProductStatusChanged {
        ProductStatusChanged(productID: ProductID(1), status: .inactive, previousStatus: .active)
    }

    public var type: EventType { .productStatusChanged }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID)
    }

    public var wording: [Event.Words] {
        [.text("product \(productID): \(previousStatus.rawValue) → \(status.rawValue)")]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.member("status", status.rawValue)
        json.member("previousStatus", previousStatus.rawValue)
    }

    public init(_ data: EventData) throws {
        self.init(productID: try data.product(), status: try data("status"), previousStatus: try data("previousStatus"))
    }
}
