import GS1

/// Reads an event back from its wire format.
///
/// The one thing that an event's JSON does not say by itself is the id of a default variant, which is `null` there. Give it
/// as ``CodingUserInfoKey/defaultVariantID``; without it such an event carries the id 0, and its product tells the variant.
extension Event: Decodable {
    private enum Key: String, CodingKey { case type, seq, timestamp, data }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let body: Body
        switch try container.decode(EventType.self, forKey: .type) {
        case .inventoryUpdated: body = .inventoryUpdated(try container.decode(InventoryUpdated.self, forKey: .data))
        case .stockAlert: body = .stockAlert(try container.decode(StockAlert.self, forKey: .data))
        case .productStatusChanged: body = .productStatusChanged(try container.decode(ProductStatusChanged.self, forKey: .data))
        case .catalogueChanged: body = .catalogueChanged(try container.decode(CatalogueChanged.self, forKey: .data))
        case .deviceOffline, .deviceOnline: body = .deviceChanged(try container.decode(DeviceChanged.self, forKey: .data))
        case .displayStale, .displayCurrent: body = .displayChanged(try container.decode(DisplayChanged.self, forKey: .data))
        case .serialRepeated: body = .serialRepeated(try container.decode(SerialRepeated.self, forKey: .data))
        case .scanSetAside: body = .scanSetAside(try container.decode(ScanSetAside.self, forKey: .data))
        case .alertAcknowledged: body = .alertAcknowledged(try container.decode(AlertAcknowledged.self, forKey: .data))
        }
        self.init(
            seq: try container.decode(UInt64.self, forKey: .seq),
            timestamp: try container.decode(Timestamp.self, forKey: .timestamp),
            body: body)
    }
}

extension CodingUserInfoKey {
    /// The ``VariantID`` that a `null` stands for in the event that is being read.
    public static let defaultVariantID = CodingUserInfoKey(rawValue: "tallywire.defaultVariantID")!
}

private enum DataKey: String, CodingKey {
    case productId, variantId, sku, variantName, stock, previousStock, totalProductStock, operation, quantity, reason, reference
    case price, previousPrice, ownPrice, status, previousStatus, level, location, locationStock, version, source, movementId,
        occurredAt
    case stockLevel, previousLevel, threshold, message, change, values, batch, serial, expiry
}

extension KeyedDecodingContainer<DataKey> {
    fileprivate func product() throws -> ProductID { ProductID(try decode(Int64.self, forKey: .productId)) }

    fileprivate func variant(_ decoder: any Decoder) throws -> (id: VariantID, isDefault: Bool) {
        if let id = try decodeIfPresent(Int64.self, forKey: .variantId) { return (VariantID(id), false) }
        return (decoder.userInfo[.defaultVariantID] as? VariantID ?? VariantID(0), true)
    }
}

extension InventoryUpdated: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: DataKey.self)
        let variant = try data.variant(decoder)
        let change: Change =
            if let operation = try data.decodeIfPresent(Operation.self, forKey: .operation) {
                .stock(
                    operation: operation, quantity: try data.decode(Int64.self, forKey: .quantity),
                    location: try data.decode(String.self, forKey: .location),
                    locationStock: try data.decode(Int64.self, forKey: .locationStock))
            } else {
                .price(
                    previous: try data.decodeIfPresent(Price.self, forKey: .previousPrice),
                    isOwn: try data.decodeIfPresent(Bool.self, forKey: .ownPrice))
            }
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault,
            sku: try data.decode(String.self, forKey: .sku), variantName: try data.decode(String.self, forKey: .variantName),
            stock: try data.decode(Int64.self, forKey: .stock), previousStock: try data.decode(Int64.self, forKey: .previousStock),
            totalProductStock: try data.decode(Int64.self, forKey: .totalProductStock), change: change,
            reason: try data.decodeIfPresent(String.self, forKey: .reason),
            reference: try data.decodeIfPresent(String.self, forKey: .reference),
            price: try data.decodeIfPresent(Price.self, forKey: .price),
            status: try data.decode(ProductStatus.self, forKey: .status),
            level: try data.decode(StockLevel.self, forKey: .level), version: try data.decode(Int64.self, forKey: .version),
            source: try data.decode(String.self, forKey: .source), movementID: try data.decode(String.self, forKey: .movementId),
            occurredAt: try data.decodeIfPresent(Timestamp.self, forKey: .occurredAt),
            trace: Trace(
                batch: try data.decodeIfPresent(String.self, forKey: .batch),
                serial: try data.decodeIfPresent(String.self, forKey: .serial),
                expiry: try data.decodeIfPresent(CalendarDate.self, forKey: .expiry)))
    }
}

extension StockAlert: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: DataKey.self)
        let variant = try data.variant(decoder)
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault,
            sku: try data.decode(String.self, forKey: .sku), level: try data.decode(StockLevel.self, forKey: .stockLevel),
            previousLevel: try data.decode(StockLevel.self, forKey: .previousLevel),
            stock: try data.decode(Int64.self, forKey: .stock), threshold: try data.decode(Int64.self, forKey: .threshold),
            message: try data.decode(String.self, forKey: .message))
    }
}

extension ProductStatusChanged: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: DataKey.self)
        self.init(
            productID: try data.product(), status: try data.decode(ProductStatus.self, forKey: .status),
            previousStatus: try data.decode(ProductStatus.self, forKey: .previousStatus))
    }
}

extension CatalogueChanged: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: DataKey.self)
        let values = try data.decode(Values.self, forKey: .values)
        let subject: Subject =
            if let location = try data.decodeIfPresent(String.self, forKey: .location) {
                .location(location)
            } else if let sku = try data.decodeIfPresent(String.self, forKey: .sku) {
                try {
                    let variant = try data.variant(decoder)
                    return .variant(values.id ?? variant.id, isDefault: variant.isDefault, sku: sku, product: try data.product())
                }()
            } else {
                .product(try data.product())
            }
        self.init(change: try data.decode(Change.self, forKey: .change), subject: subject, values: values)
    }
}

extension CatalogueChanged.Values: Decodable {
    private enum Key: String, CodingKey {
        case id, name, sells, status, price, previousPrice, ownPrice, barcodes, lowStockThreshold, rearm, defaultVariant, version
        case locations
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init()
        id = try data.decodeIfPresent(Int64.self, forKey: .id).map { VariantID($0) }
        name = try data.decodeIfPresent(String.self, forKey: .name)
        sells = try data.decodeIfPresent(Bool.self, forKey: .sells)
        status = try data.decodeIfPresent(ProductStatus.self, forKey: .status)
        if data.contains(.price) { price = .some(try data.decodeIfPresent(Price.self, forKey: .price)) }
        if data.contains(.previousPrice) { previousPrice = .some(try data.decodeIfPresent(Price.self, forKey: .previousPrice)) }
        ownPrice = try data.decodeIfPresent(Bool.self, forKey: .ownPrice)
        barcodes = try data.decodeIfPresent([Barcode].self, forKey: .barcodes)
        lowStockThreshold = try data.decodeIfPresent(Int64.self, forKey: .lowStockThreshold)
        rearm = try data.decodeIfPresent(Int64.self, forKey: .rearm)
        hasDefaultVariant = try data.decodeIfPresent(Bool.self, forKey: .defaultVariant)
        version = try data.decodeIfPresent(Int64.self, forKey: .version)
        locations = try data.decodeIfPresent([String].self, forKey: .locations)
    }
}

extension Barcode: Decodable {
    private enum Key: String, CodingKey { case code, units }

    /// Reads `"4006381333931"` or `{"code":"…","units":12}`.
    public init(from decoder: any Decoder) throws {
        if let code = try? decoder.singleValueContainer().decode(String.self) {
            self.init(code: code)
        } else {
            let object = try decoder.container(keyedBy: Key.self)
            self.init(
                code: try object.decode(String.self, forKey: .code),
                units: try object.decodeIfPresent(Int64.self, forKey: .units) ?? 1)
        }
    }
}
