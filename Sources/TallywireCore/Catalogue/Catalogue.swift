/// Whether a product is sold.
public enum ProductStatus: String, Sendable, CaseIterable, Codable {
    case draft, active, inactive, discontinued
}

/// A code that a scanner reads, and how many units one scan of it means.
public struct Barcode: Hashable, Sendable {
    /// The code as the scanner sends it: 1 ... ``Limits/barcodeLength`` printable characters.
    public let code: String
    /// How many units one scan stands for: 1 for a single item, 12 for a case of twelve.
    public let units: Int64

    public init(code: String, units: Int64 = 1) {
        self.code = code
        self.units = units
    }
}

/// A location where stock lies.
public struct Location: Equatable, Sendable, Codable {
    /// The location's key, such as `WH1`.
    public let code: String
    /// The location's name for people.
    public var name: String
    /// Whether units at this location can be sold, which means that they count in a variant's `stock`.
    public var sells: Bool
    /// The location's rank among those that sell, 0 ... ``Limits/largestPriority``. The lower number comes first.
    public var priority: Int64

    public init(code: String, name: String, sells: Bool = true, priority: Int64 = 0) {
        self.code = code
        self.name = name
        self.sells = sells
        self.priority = priority
    }

    /// The location that every new journal has.
    public static let main = Location(code: "MAIN", name: "Main")
}

/// Something that is sold, in one or more ``Variant``s.
public struct Product: Equatable, Sendable {
    public let id: ProductID
    public var name: String
    public var status: ProductStatus
    /// The price of every variant without a price of its own.
    public var price: Price?
    /// The product's variants in order of id.
    public var variants: [VariantID]
    /// Whether the only variant is the default variant, whose id is `null` in events.
    public let hasDefaultVariant: Bool
    /// The sum of the variants' stock.
    public var totalStock: Int64

    public init(
        id: ProductID, name: String, status: ProductStatus, price: Price?, variants: [VariantID] = [], hasDefaultVariant: Bool,
        totalStock: Int64 = 0
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.price = price
        self.variants = variants
        self.hasDefaultVariant = hasDefaultVariant
        self.totalStock = totalStock
    }
}

/// One sellable form of a product, with its stock.
public struct Variant: Equatable, Sendable {
    public let id: VariantID
    public let productID: ProductID
    /// The variant's unique key, a text.
    public var sku: String
    public var name: String
    /// The variant's own price; `nil` while it has its product's.
    public var ownPrice: Price?
    // The three one-byte values stand together, so that they need one word.
    /// Whether the variant stands for a product without variants. Its id is then `null` in events.
    public let isDefault: Bool
    public var level: StockLevel
    /// Whether the variant ever had stock. Until then its level is `out` without an alert.
    public var wasStocked: Bool
    public var barcodes: [Barcode]
    /// When the variant's stock counts as low.
    public var alerts: AlertRule
    /// Grows by one with each change of stock or price, and with each change of the product's status. With another SKU it is at
    /// least the version that the SKU had before.
    public var version: Int64
    /// The sum of the available units over the locations that sell.
    public var stock: Int64
    /// One entry for each location where the variant ever was, in the order of first arrival. A location that was removed keeps its
    /// entry, which is zero.
    public var balances: Balances
    /// The alert that is not over; `nil` if there is none. A variant that has been `out` since its creation has none.
    public var alert: OpenAlert?
    /// The thresholds of single locations, in order of location; at most ``Limits/thresholdsPerVariant``. They are beside
    /// ``alerts``, the rule for ``stock``.
    public var thresholds: [LocationThreshold]

    public init(
        id: VariantID, productID: ProductID, isDefault: Bool, sku: String, name: String, ownPrice: Price? = nil,
        barcodes: [Barcode] = [], alerts: AlertRule = AlertRule(), level: StockLevel = .out, version: Int64 = 0, stock: Int64 = 0,
        wasStocked: Bool = false, balances: Balances = [], alert: OpenAlert? = nil, thresholds: [LocationThreshold] = []
    ) {
        self.id = id
        self.productID = productID
        self.isDefault = isDefault
        self.sku = sku
        self.name = name
        self.ownPrice = ownPrice
        self.barcodes = barcodes
        self.alerts = alerts
        self.level = level
        self.version = version
        self.stock = stock
        self.wasStocked = wasStocked
        self.balances = balances
        self.alert = alert
        self.thresholds = thresholds
    }

    /// Returns the balance at `location`. Where the variant never was, the balance is zero.
    public func balance(at location: String) -> Balance {
        balances.balance(at: location)
    }

    /// Replaces the balance at the location of `balance`.
    mutating func set(_ balance: Balance) { balances.set(balance) }
}
