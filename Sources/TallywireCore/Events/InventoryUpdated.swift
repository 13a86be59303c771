import GS1

/// A variant's stock or price changed.
///
/// The values are immutable, and behind a reference: an event is handed on several times before it is on disk, and each copy of so
/// many texts would cost as much as deciding the movement.
public final class InventoryUpdated: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    /// Whether ``variantID`` is written as `null`.
    public let isDefaultVariant: Bool
    public let sku: String
    public let variantName: String
    /// The available units over all locations that sell, after the event and before it.
    public let stock: Int64
    public let previousStock: Int64
    /// The sum of `stock` over the product's variants.
    public let totalProductStock: Int64
    /// The units over all locations that sell, after the event; `nil` in events of earlier versions.
    public let totals: StockTotals?
    public let change: Change
    public let reason: String?
    public let reference: String?
    public let price: Price?
    public let status: ProductStatus
    public let level: StockLevel
    public let version: Int64
    /// Who asked for the change: `http`, or a source's name and the device, `mqtt-scanners/dock-1`.
    public let source: String
    public let movementID: String
    /// When the change happened at the source, if the source said so.
    public let occurredAt: Timestamp?
    /// Which units were moved, if the line said so.
    public let trace: Trace
    /// The id of the movement that this one takes back; `nil` for any other movement.
    public let reverses: String?

    public enum Change: Equatable, Sendable {
        case stock(StockChange)
        /// `isOwn`: whether the price is the variant's own from now on, or its product's. It is `nil` in events of earlier
        /// versions, where the price is the variant's own if it differs from its product's.
        case price(previous: Price?, isOwn: Bool?)
    }

    /// The change of units; `nil` for a change of price.
    public var stockChange: StockChange? { if case .stock(let change) = change { change } else { nil } }

    /// Whether `source` moved stock by this, and took nothing back.
    public func isMovement(of source: String) -> Bool { self.source == source && stockChange != nil && reverses == nil }

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, variantName: String, stock: Int64,
        previousStock: Int64, totalProductStock: Int64, totals: StockTotals? = nil, change: Change, reason: String?,
        reference: String?, price: Price?, status: ProductStatus, level: StockLevel, version: Int64, source: String,
        movementID: String, occurredAt: Timestamp?, trace: Trace = Trace(), reverses: String? = nil
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.variantName = variantName
        self.stock = stock
        self.previousStock = previousStock
        self.totalProductStock = totalProductStock
        self.totals = totals
        self.change = change
        self.reason = reason
        self.reference = reference
        self.price = price
        self.status = status
        self.level = level
        self.version = version
        self.source = source
        self.movementID = movementID
        self.occurredAt = occurredAt
        self.trace = trace
        self.reverses = reverses
    }

    /// Updates of the same variant that are written the same are equal.
    public static func == (left: InventoryUpdated, right: InventoryUpdated) -> Bool {
        left === right || (left.variantID == right.variantID && left.members == right.members)
    }

    private var members: [UInt8] {
        var json = JSONWriter()
        json.object { writeMembers(to: &$0) }
        return json.bytes
    }
}

/// A change of one variant's units at one location.
public struct StockChange: Equatable, Sendable {
    public let operation: Operation
    /// The units that were moved, counted, held or given back.
    public let quantity: Int64
    /// The location and its units after the change.
    public let balance: Balance
    /// The id of the reservation whose units these are; `nil` for an operation without one.
    public let reservation: String?
    /// The units that were on hand before a `set`; `nil` for other operations, and in events of earlier versions.
    public let previousOnHand: Int64?
    /// The states from which and to which units went.
    public let from: StockState
    public let to: StockState
    /// The location at the other end of a transfer; `nil` for other operations, and in events of earlier versions.
    public let otherEnd: TransferEnd?
    /// What a count found; `nil` for other operations.
    public let count: CountResult?
    /// Whether the change happened before the units at the location were last counted. It was in what was counted, so it has changed
    /// nothing on hand.
    public let isAbsorbed: Bool
    /// The level at the location after the command; `nil` where the variant has no threshold of its own.
    public var locationLevel: StockLevel?

    public init(
        operation: Operation, quantity: Int64, balance: Balance, reservation: String? = nil, previousOnHand: Int64? = nil,
        from: StockState = .available, to: StockState = .available, otherEnd: TransferEnd? = nil, count: CountResult? = nil,
        isAbsorbed: Bool = false, locationLevel: StockLevel? = nil
    ) {
        self.operation = operation
        self.quantity = quantity
        self.balance = balance
        self.reservation = reservation
        self.previousOnHand = previousOnHand
        self.from = from
        self.to = to
        self.otherEnd = otherEnd
        self.count = count
        self.isAbsorbed = isAbsorbed
        self.locationLevel = locationLevel
    }

    public var location: String { balance.location }

    /// The units that are available at the location after the change.
    public var locationStock: Int64 { balance.available }

    /// By how much the change raised the units on hand at the location; `nil` where an event of an earlier version does not say so.
    public var onHandChange: Int64? {
        if isAbsorbed { return 0 }
        return switch operation {
        case .add: to.isOnHand ? quantity : 0
        case .subtract: from.isOnHand ? -quantity : 0
        case .capture: -quantity
        case .move: (to.isOnHand ? quantity : 0) - (from.isOnHand ? quantity : 0)
        case .transfer:
            switch otherEnd {
            case .to: from.isOnHand ? -quantity : 0
            case .from: to.isOnHand ? quantity : 0
            case nil: nil
            }
        case .count: count?.variance
        case .set: previousOnHand.map { balance.onHand - $0 }
        case .reserve, .release, .expire: 0
        }
    }

    /// What is on hand below 0: units that have left and were never known to be there. `nil` if it is not below 0.
    public var discrepancy: Int64? { balance.onHand < 0 ? balance.onHand : nil }
}

/// The location at the other end of a transfer.
public enum TransferEnd: Equatable, Sendable {
    /// The units left for there.
    case to(String)
    /// The units came from there.
    case from(String)
}

/// What a count found of an item at a location.
///
/// The result is a reference to immutable values, so that the many events that are no counts need only one word for it.
public final class CountResult: Equatable, Sendable {
    /// The id of the count.
    public let id: String
    /// The units that were counted.
    public let counted: Int64
    /// The units that were on hand when it was counted, as far as was known when the count was posted.
    public let expected: Int64
    /// When it was counted.
    public let at: Timestamp

    public init(id: String, counted: Int64, expected: Int64, at: Timestamp) {
        self.id = id
        self.counted = counted
        self.expected = expected
        self.at = at
    }

    /// The units that were there and not known, less than 0 for units that were missing.
    public var variance: Int64 { counted - expected }

    public static func == (left: CountResult, right: CountResult) -> Bool {
        left === right
            || (left.id == right.id && left.counted == right.counted && left.expected == right.expected && left.at == right.at)
    }
}

extension InventoryUpdated: EventBody {
    private typealias Member = EventSchema.Member

    /// A change of stock has no previous price. A change of price has no operation and no location.
    public static let schema = EventSchema(
        "InventoryUpdated", [.inventoryUpdated], for: .shop, "A variant's stock or price changed.",
        [
            Member("productId", .id), Member("variantId", .variant), Member("sku", .sku), Member("variantName", .name),
            Member("stock", .count), Member("previousStock", .count), Member("totalProductStock", .count),
            .optional("onHand", .balance), .optional("reserved", .count), .optional("operation", .operation),
            .optional("quantity", .count),
            .optional("from", .words(StockState.allCases.map(\.rawValue))),
            .optional("to", .words(StockState.allCases.map(\.rawValue))),
            .optional("fromLocation", .location), .optional("toLocation", .location), .optional("absorbed", .flag),
            .optional("counted", .count), .optional("expected", .balance), .optional("countId", .movement),
            .optional("countedAt", .timestamp),
            .optional("reason", .text(0...Limits.reasonLength)), .optional("reference", .text(0...Limits.referenceLength)),
            Member("price", .price), .optional("previousPrice", .price), .optional("ownPrice", .flag), Member("status", .status),
            Member("level", .level), .optional("location", .location), .optional("locationStock", .count),
            .optional("locationOnHand", .balance), .optional("locationReserved", .count),
            .optional("previousOnHand", .balance),
            .optional("locationUnavailable", .count), .optional("locationIncoming", .count), .optional("locationDamaged", .count),
            .optional("locationInspection", .count), .optional("locationSafety", .count), .optional("discrepancy", .balance),
            .optional("locationLevel", .level), Member("version", .count),
            Member("source", .string), Member("movementId", .movement), .optional("reservationId", .movement),
            .optional("reverses", .movement),
            .optional("occurredAt", .timestamp), .optional("batch", .text(1...Limits.traceLength)),
            .optional("serial", .text(1...Limits.traceLength)), .optional("expiry", .date),
        ])

    public static var example: InventoryUpdated {
        InventoryUpdated(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", variantName: "Red / M",
            stock: 41, previousStock: 42, totalProductStock: 120, totals: StockTotals(onHand: 43, reserved: 2),
            change: .stock(StockChange(operation: .subtract, quantity: 1, balance: Balance(location: "WH1", onHand: 10))),
            reason: "sale", reference: nil, price: Price(hundredths: 1999), status: .active, level: .ok, version: 57,
            source: "mqtt-scanners/dock-1",
            movementID: "7f3a", occurredAt: nil)
    }

    public var type: EventType { .inventoryUpdated }

    public var eventSubject: Event.Subject {
        Event.Subject(product: productID, variant: variantID, sku: sku, location: stockChange?.location, level: level)
    }

    public var wording: [Event.Words] {
        switch change {
        case .stock(let change):
            [
                .text("\(sku) (\(variantName))  "), .marked("\(previousStock) → \(stock)", level),
                .text(
                    "  \(change.operation.rawValue) \(change.quantity)\(reason.map { " (\($0))" } ?? "") at \(change.location), "
                        + "\(change.locationStock) there"),
            ]
        case .price(let previous, _):
            [.text("\(sku) (\(variantName))  price \(previous?.description ?? "none") → \(price?.description ?? "none")")]
        }
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("variantName", variantName)
        json.member("stock", stock)
        json.member("previousStock", previousStock)
        json.member("totalProductStock", totalProductStock)
        if let totals {
            json.member("onHand", totals.onHand)
            json.member("reserved", totals.reserved)
        }
        if case .stock(let change) = change { change.writeOperation(to: &json) }
        json.member("reason", reason)
        json.member("reference", reference)
        json.member("price", price: price)
        if case .price(let previous, let isOwn) = change {
            json.member("previousPrice", price: previous)
            json.member("ownPrice", isOwn)
        }
        json.member("status", status.rawValue)
        json.member("level", level.rawValue)
        if case .stock(let change) = change { change.writeLocation(to: &json) }
        json.member("version", version)
        json.member("source", source)
        json.member("movementId", movementID)
        if case .stock(let change) = change { json.member("reservationId", change.reservation) }
        json.member("reverses", reverses)
        json.member("occurredAt", occurredAt)
        trace.writeMembers(to: &json)
    }

    public convenience init(_ data: EventData) throws {
        let variant = try data.variant()
        let change: Change =
            if let operation: Operation = try data.optional("operation") {
                .stock(
                    StockChange(
                        operation: operation, quantity: try data("quantity"), balance: try Self.balance(data),
                        reservation: try data.optional("reservationId"), previousOnHand: try data.optional("previousOnHand"),
                        from: try data.optional("from") ?? .available,
                        to: try data.optional("to") ?? .available, otherEnd: try Self.otherEnd(data), count: try Self.count(data),
                        isAbsorbed: try data.optional("absorbed") ?? false, locationLevel: try data.optional("locationLevel")))
            } else {
                .price(previous: try data.optional("previousPrice"), isOwn: try data.optional("ownPrice"))
            }
        self.init(
            productID: try data.product(), variantID: variant.id, isDefaultVariant: variant.isDefault, sku: try data("sku"),
            variantName: try data("variantName"), stock: try data("stock"), previousStock: try data("previousStock"),
            totalProductStock: try data("totalProductStock"), totals: try Self.totals(data), change: change,
            reason: try data.optional("reason"), reference: try data.optional("reference"), price: try data.optional("price"),
            status: try data("status"),
            level: try data("level"), version: try data("version"), source: try data("source"), movementID: try data("movementId"),
            occurredAt: try data.optional("occurredAt"),
            trace: Trace(
                batch: try data.optional("batch"), serial: try data.optional("serial"), expiry: try data.optional("expiry")),
            reverses: try data.optional("reverses"))
    }

    private static func totals(_ data: EventData) throws -> StockTotals? {
        guard let onHand: Int64 = try data.optional("onHand") else { return nil }
        return StockTotals(onHand: onHand, reserved: try data("reserved"))
    }

    /// The location's units. An event of an earlier version says only what was available, and then nothing was reserved.
    private static func balance(_ data: EventData) throws -> Balance {
        Balance(
            location: try data("location"), onHand: try data.optional("locationOnHand") ?? data("locationStock"),
            reserved: try data.optional("locationReserved") ?? 0,
            details: BalanceDetails(
                damaged: try data.optional("locationDamaged") ?? 0, inspection: try data.optional("locationInspection") ?? 0,
                safety: try data.optional("locationSafety") ?? 0, incoming: try data.optional("locationIncoming") ?? 0))
    }

    private static func otherEnd(_ data: EventData) throws -> TransferEnd? {
        if let location: String = try data.optional("fromLocation") { return .from(location) }
        if let location: String = try data.optional("toLocation") { return .to(location) }
        return nil
    }

    private static func count(_ data: EventData) throws -> CountResult? {
        guard let counted: Int64 = try data.optional("counted") else { return nil }
        return CountResult(
            id: try data("countId"), counted: counted, expected: try data("expected"), at: try data("countedAt"))
    }
}

extension StockChange {
    /// Writes what was done.
    fileprivate func writeOperation(to json: inout JSONWriter) {
        json.member("operation", operation.rawValue)
        json.member("quantity", quantity)
        if operation == .move || from != .available { json.member("from", from.rawValue) }
        if operation == .move || to != .available { json.member("to", to.rawValue) }
        switch otherEnd {
        case .from(let location): json.member("fromLocation", location)
        case .to(let location): json.member("toLocation", location)
        case nil: break
        }
        if isAbsorbed { json.member("absorbed", true) }
        guard let count else { return }
        json.member("counted", count.counted)
        json.member("expected", count.expected)
        json.member("countId", count.id)
        json.member("countedAt", count.at)
    }

    /// Writes what is at the location then.
    fileprivate func writeLocation(to json: inout JSONWriter) {
        json.member("location", location)
        json.member("locationStock", locationStock)
        json.member("locationOnHand", balance.onHand)
        json.member("locationReserved", balance.reserved)
        json.member("previousOnHand", previousOnHand)
        if let details = balance.details {
            func member(_ name: StaticString, _ units: Int64) { if units != 0 { json.member(name, units) } }
            member("locationUnavailable", balance.unavailable)
            member("locationIncoming", details.incoming)
            member("locationDamaged", details.damaged)
            member("locationInspection", details.inspection)
            member("locationSafety", details.safety)
        }
        json.member("discrepancy", discrepancy)
        json.member("locationLevel", locationLevel?.rawValue)
    }
}
