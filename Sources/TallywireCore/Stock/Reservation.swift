/// Units that are held for somebody until they are captured or released, or until the time is over.
public struct Reservation: Equatable, Sendable {
    /// 1 ... ``Limits/movementIDLength`` printable ASCII characters, the id of the command that made the reservation.
    public let id: String
    /// The `seq` of the event that made the reservation. Of two reservations the one with the larger number is the younger.
    public let number: UInt64
    /// What the units are held for: an order, a basket.
    public let reference: String?
    public let createdAt: Timestamp
    /// The end of the time. From then on the units are held for nobody.
    public var expiresAt: Timestamp
    public var status: Status
    /// One entry for each variant and location, in the order in which units were first held there.
    public var holds: [Hold]

    /// How the reservation ended. What became of each unit is in ``holds``.
    public enum Status: String, Sendable, CaseIterable, Codable {
        /// Open: units are held.
        case held
        /// The last units that were held were captured.
        case captured
        /// The last units that were held were released by somebody.
        case released
        /// The time was over.
        case expired
    }

    public init(
        id: String, number: UInt64, reference: String?, createdAt: Timestamp, expiresAt: Timestamp, status: Status = .held,
        holds: [Hold]
    ) {
        self.id = id
        self.number = number
        self.reference = reference
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.status = status
        self.holds = holds
    }

    /// The units of one variant that are held at one location.
    public struct Hold: Equatable, Sendable {
        public let product: ProductID
        public let variant: VariantID
        public let isDefaultVariant: Bool
        /// The variant's SKU when the reservation last changed.
        public var sku: String
        public let location: String
        /// The units that were held at first.
        public var quantity: Int64
        /// The units that left the location for whom they were held.
        public var captured: Int64
        /// The units that are held no more, by a release or by the end of the time.
        public var released: Int64
        /// The held units that are not on hand, because a count or a fact has found less than is reserved.
        public var short: Int64

        public init(
            product: ProductID, variant: VariantID, isDefaultVariant: Bool, sku: String, location: String, quantity: Int64,
            captured: Int64 = 0, released: Int64 = 0, short: Int64 = 0
        ) {
            self.product = product
            self.variant = variant
            self.isDefaultVariant = isDefaultVariant
            self.sku = sku
            self.location = location
            self.quantity = quantity
            self.captured = captured
            self.released = released
            self.short = short
        }

        /// The units that are still held.
        public var held: Int64 { quantity - captured - released }
    }

    /// Whether any units are still held.
    var holdsUnits: Bool { holds.contains { $0.held > 0 } }
}

extension Reservation {
    /// Writes the format in which answers and journals keep a reservation.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("number", number)
            json.member("reference", reference)
            json.member("createdAt", createdAt)
            json.member("expiresAt", expiresAt)
            json.member("status", status.rawValue)
            json.array("holds") { json in
                for hold in holds { hold.write(to: &json) }
            }
        }
    }
}

extension Reservation.Hold {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("product", product.rawValue)
            json.member("variant", variant.rawValue)
            if isDefaultVariant { json.member("default", true) }
            json.member("sku", sku)
            json.member("location", location)
            json.member("quantity", quantity)
            if captured != 0 { json.member("captured", captured) }
            if released != 0 { json.member("released", released) }
            if short != 0 { json.member("short", short) }
        }
    }
}

extension Reservation: Decodable {
    private enum Key: String, CodingKey { case id, number, reference, createdAt, expiresAt, status, holds }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            id: try data.decode(String.self, forKey: .id), number: try data.decode(UInt64.self, forKey: .number),
            reference: try data.decodeIfPresent(String.self, forKey: .reference),
            createdAt: try data.decode(Timestamp.self, forKey: .createdAt),
            expiresAt: try data.decode(Timestamp.self, forKey: .expiresAt), status: try data.decode(Status.self, forKey: .status),
            holds: try data.decode([Hold].self, forKey: .holds))
    }
}

extension Reservation.Hold: Decodable {
    private enum Key: String, CodingKey {
        case product, variant, sku, location, quantity, captured, released, short
        case isDefaultVariant = "default"
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            product: ProductID(try data.decode(Int64.self, forKey: .product)),
            variant: VariantID(try data.decode(Int64.self, forKey: .variant)),
            isDefaultVariant: try data.decodeIfPresent(Bool.self, forKey: .isDefaultVariant) ?? false,
            sku: try data.decode(String.self, forKey: .sku), location: try data.decode(String.self, forKey: .location),
            quantity: try data.decode(Int64.self, forKey: .quantity),
            captured: try data.decodeIfPresent(Int64.self, forKey: .captured) ?? 0,
            released: try data.decodeIfPresent(Int64.self, forKey: .released) ?? 0,
            short: try data.decodeIfPresent(Int64.self, forKey: .short) ?? 0)
    }
}
