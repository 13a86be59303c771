import TallywireCore

/// Reads catalogue and stock as they are on disk. Each read is consistent and says at which `seq` it holds. A variant has no
/// balance at a location that was removed.
///
/// Safe from any task at any time. Reads never wait for the writer, and the writer never waits for reads.
public protocol StockReader: Sendable {
    /// Products in order of id, after `after`. With `search`, only those whose name, or a variant's name or SKU, contains `search`,
    /// without regard to case.
    func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]>
    func product(_ id: ProductID) async throws -> Reading<ProductRecord?>
    func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?>
    /// Variants in order of id, after `after`: the pages of a snapshot. All pages of one snapshot hold at one `seq` only if nothing
    /// was committed between them. A reader is right all the same if it continues with the events after the first page's `seq` and
    /// keeps the highest version of each variant.
    func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]>
    /// Balances in order of variant and location.
    func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]>
    /// Levels that are not `ok`, in order of ``AlertRecord/position``.
    func alerts(_ query: AlertQuery) async throws -> Reading<[AlertRecord]>
    /// The open alert that is the event `seq`; `nil` if that event is no alert, or if the alert is over.
    func alert(_ seq: UInt64) async throws -> Reading<AlertRecord?>
    /// The current values of many variants in one read, in order of id, without their barcodes and thresholds of locations: at most
    /// `limit`.
    func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues>
    /// The reservation with this id, whether open or ended; `nil` if there is none, or if it ended so long ago that it is no longer
    /// kept.
    func reservation(_ id: String) async throws -> Reading<Reservation?>
    /// Reservations in the order in which they were made.
    func reservations(_ query: ReservationQuery) async throws -> Reading<[Reservation]>
    /// The count with this id, whether it has ended or not, with its lines; `nil` if there is none, or if it ended so long ago that it
    /// is no longer kept. Where the count was not posted or made void, each line says what is expected by what is known now; a line of which
    /// that cannot be known says nothing.
    func count(_ id: String) async throws -> Reading<StockCount?>
    /// Counts without their lines, the youngest first.
    func counts(_ query: CountQuery) async throws -> Reading<[CountRecord]>
    /// Locations in order of code.
    func locations() async throws -> Reading<[Location]>
    /// The codes of locations that were removed and not made anew, in order.
    func removedLocations() async throws -> Reading<[String]>
    /// How much there is, for health and metrics.
    func counts() async throws -> Reading<StockCounts>

    // MARK: The past. Each of these throws ``PastError``

    /// The last event of a moment. In a journal with events, a moment before the first one is not kept.
    func event(at moment: JournalMoment) async throws -> UInt64
    /// The variant as ``variant(_:)`` read it right after the event `seq`, without its alerts and the times of its counts.
    func variant(_ id: VariantID, at seq: UInt64) async throws -> Reading<VariantRecord?>
    /// Balances as ``stock(_:)`` read them right after the event `seq`, without the times of counts.
    func stock(_ query: StockQuery, at seq: UInt64) async throws -> Reading<[StockRecord]>
    /// Whether a variant had this SKU right after the event `seq`.
    func hasSKU(_ sku: String, at seq: UInt64) async throws -> Bool
    /// Whether there was this location right after the event `seq`.
    func hasLocation(_ code: String, at seq: UInt64) async throws -> Bool
}

/// A value and the `seq` at which it holds: the value includes every event up to that one, and none after it.
public struct Reading<Value: Sendable>: Sendable {
    public let seq: UInt64
    public let value: Value

    public init(seq: UInt64, value: Value) {
        self.seq = seq
        self.value = value
    }
}

/// A product with its variants.
public struct ProductRecord: Equatable, Sendable {
    public let product: Product
    public let variants: [VariantRecord]

    public init(product: Product, variants: [VariantRecord]) {
        self.product = product
        self.variants = variants
    }
}

/// A variant with the values that it takes from its product.
public struct VariantRecord: Equatable, Sendable {
    public let variant: Variant
    public let productName: String
    /// The variant's own price, or its product's.
    public let price: Price?
    public let status: ProductStatus

    public init(variant: Variant, productName: String, price: Price?, status: ProductStatus) {
        self.variant = variant
        self.productName = productName
        self.price = price
        self.status = status
    }
}

/// Which variants to read in one call.
public enum VariantSelection: Equatable, Sendable {
    case all
    /// A superset of the variants that were changed or removed after this event. Callers must tolerate extra rows.
    case changed(since: UInt64)
    /// These variants and those of these products.
    case named(products: [ProductID], variants: [VariantID])
}

/// Values of many variants.
public struct VariantValues: Equatable, Sendable {
    public var variants: [VariantValue]
    /// Removed variants, at most as many as variants are read; only for ``VariantSelection/changed(since:)``.
    public var removed: [RemovedVariant]
    /// Whether more variants fit than were read.
    public var isCut: Bool

    public init(variants: [VariantValue], removed: [RemovedVariant] = [], isCut: Bool = false) {
        self.variants = variants
        self.removed = removed
        self.isCut = isCut
    }
}

/// A variant, and an event after which the variant has certainly not changed.
public struct VariantValue: Equatable, Sendable {
    public let record: VariantRecord
    /// The units over all locations that sell now.
    public let totals: StockTotals
    /// No event after this one changed the variant.
    public let changed: UInt64

    public init(record: VariantRecord, totals: StockTotals, changed: UInt64) {
        self.record = record
        self.totals = totals
        self.changed = changed
    }
}

/// A variant that does not exist any more.
public struct RemovedVariant: Equatable, Sendable {
    public let product: ProductID
    public let variant: VariantID
    public let isDefault: Bool
    public let sku: String
    /// The variant was removed by this event or by a slightly earlier one.
    public let changed: UInt64

    public init(product: ProductID, variant: VariantID, isDefault: Bool, sku: String, changed: UInt64) {
        self.product = product
        self.variant = variant
        self.isDefault = isDefault
        self.sku = sku
        self.changed = changed
    }
}

/// Which balances to read.
public struct StockQuery: Equatable, Sendable {
    public var sku: String?
    public var location: String?
    /// The balance after which the page begins.
    public var after: Position?
    public var limit: Int
    /// Whether the zero balances are read too that are left at locations that were removed.
    public var includesRemovedLocations: Bool

    public struct Position: Equatable, Sendable {
        public var variant: VariantID
        public var location: String

        public init(variant: VariantID, location: String) {
            self.variant = variant
            self.location = location
        }
    }

    public init(
        sku: String? = nil, location: String? = nil, after: Position? = nil, limit: Int, includesRemovedLocations: Bool = false
    ) {
        self.sku = sku
        self.location = location
        self.after = after
        self.limit = limit
        self.includesRemovedLocations = includesRemovedLocations
    }
}

/// Which reservations to read.
public struct ReservationQuery: Equatable, Sendable {
    /// `nil` for every status.
    public var status: Reservation.Status?
    public var reference: String?
    /// Only reservations whose time ends before this.
    public var expiringBefore: Timestamp?
    /// The ``/TallywireCore/Reservation/number`` after which the page begins.
    public var after: UInt64
    public var limit: Int

    public init(
        status: Reservation.Status? = nil, reference: String? = nil, expiringBefore: Timestamp? = nil, after: UInt64 = 0, limit: Int
    ) {
        self.status = status
        self.reference = reference
        self.expiringBefore = expiringBefore
        self.after = after
        self.limit = limit
    }

    /// Whether a reservation is one of those that are asked for.
    public func selects(_ reservation: Reservation) -> Bool {
        reservation.number > after && status.map { $0 == reservation.status } != false
            && reference.map { $0 == reservation.reference } != false
            && expiringBefore.map { reservation.expiresAt < $0 } != false
    }
}

/// Which counts to read.
public struct CountQuery: Equatable, Sendable {
    /// `nil` for every status.
    public var status: StockCount.Status?
    public var location: String?
    /// The ``/TallywireCore/StockCount/number`` before which the page begins.
    public var before: UInt64?
    public var limit: Int

    public init(status: StockCount.Status? = nil, location: String? = nil, before: UInt64? = nil, limit: Int) {
        self.status = status
        self.location = location
        self.before = before
        self.limit = limit
    }

    /// Whether a count is one of those that are asked for.
    public func selects(_ count: StockCount) -> Bool {
        before.map { count.number < $0 } != false && status.map { $0 == count.status } != false
            && location.map { $0 == count.location } != false
    }
}

/// A count of a list.
public struct CountRecord: Equatable, Sendable {
    /// The count, without its lines.
    public let count: StockCount
    /// How many lines it has.
    public let lines: Int

    public init(_ count: StockCount, lines: Int) {
        self.count = count
        self.lines = lines
    }
}

/// One variant's units at one location.
public struct StockRecord: Equatable, Sendable {
    public let sku: String
    public let product: ProductID
    public let variant: VariantID
    public let isDefaultVariant: Bool
    public let balance: Balance

    public init(sku: String, product: ProductID, variant: VariantID, isDefaultVariant: Bool, balance: Balance) {
        self.sku = sku
        self.product = product
        self.variant = variant
        self.isDefaultVariant = isDefaultVariant
        self.balance = balance
    }
}

public struct StockCounts: Equatable, Sendable {
    public var products: Int
    public var variants: Int
    public var locations: Int
    /// Open reservations.
    public var reservations: Int
    /// Counts that have not ended.
    public var counts: Int

    public init(products: Int, variants: Int, locations: Int, reservations: Int = 0, counts: Int = 0) {
        self.products = products
        self.variants = variants
        self.locations = locations
        self.reservations = reservations
        self.counts = counts
    }
}
