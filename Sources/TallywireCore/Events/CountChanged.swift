/// A count was opened, closed, posted or made void, or something was counted in it.
public struct CountChanged: Equatable, Sendable {
    public let id: String
    public let location: String
    public let status: StockCount.Status
    /// What an opened count is about; `nil` in every later event of it. In an event that was read from its JSON, the number and who
    /// opened the count are those that the event itself has.
    public let opening: Opening?
    /// Whether the count is a movement that was posted at once, and not one that somebody had opened.
    public let isAtOnce: Bool
    /// Of an open count the lines that changed; of any other all lines, but for the lines of a closed one that were counted again.
    public let lines: [Line]
    public let by: String
    /// The id of the command that did it.
    public let movementID: String
    /// The id of the movement whose units are taken out of the count again; `nil` for any other change.
    public let reverses: String?

    /// The terms of a new count.
    public struct Opening: Equatable, Sendable {
        public let scope: StockCount.Scope
        public let isBlind: Bool
        public let tolerance: Int64
        public let missing: StockCount.Missing

        public init(scope: StockCount.Scope, isBlind: Bool, tolerance: Int64, missing: StockCount.Missing) {
            self.scope = scope
            self.isBlind = isBlind
            self.tolerance = tolerance
            self.missing = missing
        }
    }

    /// One variant's line after the event.
    public struct Line: Equatable, Sendable {
        public let product: ProductID
        /// In an event that was read from its JSON, the variant of a default variant is 0.
        public let variant: VariantID
        public let isDefaultVariant: Bool
        public let sku: String
        public var counted: Int64
        public var countedAt: Timestamp
        /// The units that the event added, less than 0 for units that it took away; `nil` in events that count nothing.
        public var quantity: Int64?
        /// How many reports add up to ``counted``; `nil` in events that count nothing.
        public var parts: Int64?
        /// When the last part was counted that there was before the event; `nil` if there was none.
        public var previousCountedAt: Timestamp?
        /// Whether the event replaced what was counted before.
        public var isRecount = false
        /// Whether the count has no line of the variant any more.
        public var isRemoved = false
        public var expected: Int64?
        public var isAbsorbed = false

        public init(
            product: ProductID, variant: VariantID, isDefaultVariant: Bool, sku: String, counted: Int64, countedAt: Timestamp,
            expected: Int64? = nil, isAbsorbed: Bool = false
        ) {
            self.product = product
            self.variant = variant
            self.isDefaultVariant = isDefaultVariant
            self.sku = sku
            self.counted = counted
            self.countedAt = countedAt
            self.expected = expected
            self.isAbsorbed = isAbsorbed
        }

        init(_ line: StockCount.Line) {
            self.init(
                product: line.product, variant: line.variant, isDefaultVariant: line.isDefaultVariant, sku: line.sku,
                counted: line.counted, countedAt: line.countedAt, expected: line.expected, isAbsorbed: line.isAbsorbed)
        }

        public var variance: Int64? { expected.map { counted - $0 } }
    }

    public init(
        id: String, location: String, status: StockCount.Status, opening: Opening? = nil, isAtOnce: Bool = false,
        lines: [Line], by: String, movementID: String, reverses: String? = nil
    ) {
        self.id = id
        self.location = location
        self.status = status
        self.opening = opening
        self.isAtOnce = isAtOnce
        self.lines = lines
        self.by = by
        self.movementID = movementID
        self.reverses = reverses
    }

    /// Whether units were counted by this, and none taken back.
    public var isReport: Bool { reverses == nil && lines.contains { $0.quantity != nil } }
}

extension CountChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "CountChanged", [.countChanged], "A count was opened, closed, posted or made void, or something was counted in it.",
        [
            Member("countId", .movement), Member("location", .location),
            Member("status", .words(StockCount.Status.allCases.map(\.rawValue))),
            .optional("atOnce", .flag), .optional("skus", .skus), .optional("prefix", .sku), .optional("blind", .flag),
            .optional("tolerance", .count), .optional("missing", .words(StockCount.Missing.allCases.map(\.rawValue))),
            Member(
                "lines",
                .list([
                    Member("sku", .sku), Member("variantId", .variant), Member("productId", .id), Member("counted", .count),
                    Member("countedAt", .timestamp), .optional("quantity", .balance), .optional("parts", .count),
                    .optional("previousCountedAt", .timestamp), .optional("recount", .flag), .optional("removed", .flag),
                    .optional("expected", .balance), .optional("variance", .balance), .optional("absorbed", .flag),
                ])),
            Member("by", .string), Member("movementId", .movement), .optional("reverses", .movement),
        ])

    public static var example: CountChanged {
        CountChanged(
            id: "count-7", location: "WH1", status: .posted,
            lines: [
                Line(
                    product: ProductID(1), variant: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", counted: 41,
                    countedAt: Timestamp(milliseconds: 1_795_366_500_123), expected: 43)
            ], by: "admin", movementID: "0190f7a0-0001")
    }

    public var type: EventType { .countChanged }

    public var eventSubject: Event.Subject { Event.Subject(location: location) }

    public var wording: [Event.Words] {
        let differing = lines.count { $0.variance ?? 0 != 0 }
        let what =
            switch status {
            case .open where opening != nil: "opened"
            case .open: lines.map { $0.isRemoved ? "\($0.sku) taken out" : "\($0.counted) \($0.sku)" }.joined(separator: ", ")
            case .closed, .posted, .void: "\(status.rawValue), \(lines.count) lines, \(differing) of them differ"
            }
        return [.text("count \(id) of \(location)  \(what), by \(by)")]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("countId", id)
        json.member("location", location)
        json.member("status", status.rawValue)
        if isAtOnce { json.member("atOnce", true) }
        if let opening {
            if let skus = opening.scope.skus { json.array("skus") { json in skus.forEach { json.string($0) } } }
            json.member("prefix", opening.scope.prefix)
            json.member("blind", opening.isBlind)
            json.member("tolerance", opening.tolerance)
            json.member("missing", opening.missing.rawValue)
        }
        json.array("lines") { json in
            for line in lines { line.write(to: &json) }
        }
        json.member("by", by)
        json.member("movementId", movementID)
        json.member("reverses", reverses)
    }

    public init(_ data: EventData) throws {
        let lines: [Line] = try data("lines")
        let opening = try (data.optional("missing") as StockCount.Missing?).map { missing in
            Opening(
                scope: StockCount.Scope(skus: try data.optional("skus"), prefix: try data.optional("prefix")),
                isBlind: try data("blind"), tolerance: try data("tolerance"), missing: missing)
        }
        self.init(
            id: try data("countId"), location: try data("location"), status: try data("status"), opening: opening,
            isAtOnce: try data.optional("atOnce") ?? false, lines: lines, by: try data("by"), movementID: try data("movementId"),
            reverses: try data.optional("reverses"))
    }
}

extension CountChanged.Line: Decodable {
    private enum Key: String, CodingKey {
        case sku, variantId, productId, counted, countedAt, quantity, parts, previousCountedAt, recount, removed, expected, absorbed
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        let variant = try data.decodeIfPresent(Int64.self, forKey: .variantId)
        self.init(
            product: ProductID(try data.decode(Int64.self, forKey: .productId)), variant: VariantID(variant ?? 0),
            isDefaultVariant: variant == nil, sku: try data.decode(String.self, forKey: .sku),
            counted: try data.decode(Int64.self, forKey: .counted), countedAt: try data.decode(Timestamp.self, forKey: .countedAt),
            expected: try data.decodeIfPresent(Int64.self, forKey: .expected),
            isAbsorbed: try data.decodeIfPresent(Bool.self, forKey: .absorbed) ?? false)
        quantity = try data.decodeIfPresent(Int64.self, forKey: .quantity)
        parts = try data.decodeIfPresent(Int64.self, forKey: .parts)
        previousCountedAt = try data.decodeIfPresent(Timestamp.self, forKey: .previousCountedAt)
        isRecount = try data.decodeIfPresent(Bool.self, forKey: .recount) ?? false
        isRemoved = try data.decodeIfPresent(Bool.self, forKey: .removed) ?? false
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("sku", sku)
            json.writeVariant(variant, isDefault: isDefaultVariant)
            json.member("productId", product.rawValue)
            json.member("counted", counted)
            json.member("countedAt", countedAt)
            json.member("quantity", quantity)
            json.member("parts", parts)
            json.member("previousCountedAt", previousCountedAt)
            if isRecount { json.member("recount", true) }
            if isRemoved { json.member("removed", true) }
            json.member("expected", expected)
            json.member("variance", variance)
            if isAbsorbed { json.member("absorbed", true) }
        }
    }
}
