/// Catalogue and stock at one point of the journal: the state machine that decides commands.
///
/// The state is a value that reads no clock, draws no random number and does no I/O. Deciding a command gives events, and only
/// folding events changes the state. So folding a journal from its beginning gives the same state. Only the engine's thread uses
/// it.
public struct InventoryState: Sendable {
    /// The last event that was folded in.
    public private(set) var seq: UInt64 = 0
    public private(set) var products: [ProductID: Product] = [:]
    public private(set) var variants: [VariantID: Variant] = [:]
    public private(set) var locations: [String: Location] = [:]
    /// The largest ids that were ever used. An id is not assigned twice, also not after a removal.
    public private(set) var lastIDs = LastIDs()

    /// The versions that SKUs had when their variants were removed or got another SKU. A variant that gets such a SKU continues from
    /// that version.
    private var retired: [String: Int64] = [:]
    private(set) var reservations = ReservationTable()
    private(set) var counts = CountTable()
    private var skus: [String: VariantID] = [:]
    private var barcodes: [String: (variant: VariantID, units: Int64)] = [:]
    /// The values before the first change since ``forgetChanges()``.
    private var originals = Originals()

    public struct LastIDs: Equatable, Sendable {
        public var product: Int64
        public var variant: Int64

        public init(product: Int64 = 0, variant: Int64 = 0) {
            self.product = product
            self.variant = variant
        }
    }

    /// The state of an empty journal.
    public init() {}

    /// The state that a journal has stored as values. Totals and indexes are computed from them.
    public init(
        seq: UInt64, locations: [Location], products: [Product], variants: [Variant], lastIDs: LastIDs,
        retired: [String: Int64] = [:], reservations: ReservationTable = ReservationTable(), counts: CountTable = CountTable()
    ) {
        self.seq = seq
        self.reservations = reservations
        self.counts = counts
        self.retired = retired
        self.lastIDs = lastIDs
        for location in locations { self.locations[location.code] = location }
        self.products.reserveCapacity(products.count)
        for product in products { self.products[product.id] = product }
        self.variants.reserveCapacity(variants.count)
        self.skus.reserveCapacity(variants.count)
        self.barcodes.reserveCapacity(variants.reduce(0) { $0 + $1.barcodes.count })
        for variant in variants { insert(variant) }
        forgetChanges()
    }

    // MARK: Looking up

    /// The variant that `item` names, and how many units one of `item` stands for.
    public func resolve(_ item: ItemReference) -> (variant: VariantID, units: Int64)? {
        switch item {
        case .sku(let sku): skus[sku].map { ($0, 1) }
        case .barcode(let code): barcode(code).map { ($0.variant, $0.units) }
        case .variant(let id): variants[id] == nil ? nil : (id, 1)
        }
    }

    /// The catalogue's barcode that is `code`, or that is the same GTIN in another of its ``Barcode/forms(of:)``.
    private func barcode(_ code: String) -> (variant: VariantID, units: Int64)? {
        if let found = barcodes[code] { return found }
        for form in Barcode.forms(of: code).dropFirst() {
            if let found = barcodes[form] { return found }
        }
        return nil
    }

    public func variant(withSKU sku: String) -> VariantID? { skus[sku] }

    /// The variant with this barcode, in any of its forms.
    public func variant(withBarcode code: String) -> VariantID? { barcode(code)?.variant }

    /// The least version of a variant that gets this SKU: that of the last variant that gave it up, or 0.
    func firstVersion(ofSKU sku: String) -> Int64 { retired[sku] ?? 0 }

    /// A variant's own price or its product's.
    public func price(of variant: Variant) -> Price? {
        variant.ownPrice ?? products[variant.productID]?.price
    }

    /// The units of `balances` over all locations that sell.
    public func totals(of balances: Balances) -> StockTotals { balances.totals { locations[$0]?.sells == true } }

    /// The reservation `id` if it is open, or if it ended since ``forgetChanges()``.
    public func reservation(_ id: String) -> Reservation? { reservations[id] ?? originals.ended[id] }

    /// All open reservations, in no order.
    public var openReservations: some Collection<Reservation> { reservations.all.values }

    /// The count `id` if it has not ended, or if it ended since ``forgetChanges()``.
    public func count(_ id: String) -> StockCount? { counts[id] ?? originals.endedCounts[id] }

    /// All counts that have not ended, in no order.
    public var runningCounts: some Collection<StockCount> { counts.all.values }

    /// The open reservation whose time ends first; `nil` if none is open.
    public mutating func nextToExpire() -> Reservation? { reservations.first() }

    // MARK: Changing, by folding alone

    mutating func advance(to seq: UInt64) { self.seq = seq }

    mutating func noteCatalogueChange() { originals.touchesCatalogue = true }

    mutating func changeVariant(_ id: VariantID, _ body: (inout Variant) -> Void) {
        guard let index = variants.index(forKey: id) else { return }
        originals.note(variants.values[index])
        body(&variants.values[index])
    }

    mutating func changeProduct(_ id: ProductID, _ body: (inout Product) -> Void) {
        guard let index = products.index(forKey: id) else { return }
        originals.note(products.values[index])
        body(&products.values[index])
    }

    /// Creates, changes or removes the location `code`.
    mutating func setLocation(_ code: String, _ location: Location?) {
        originals.note(locations[code], code)
        locations[code] = location
    }

    mutating func add(_ product: Product) {
        originals.noteNew(product.id)
        products[product.id] = product
        lastIDs.product = max(lastIDs.product, product.id.rawValue)
    }

    mutating func add(_ variant: Variant) {
        originals.noteNew(variant.id)
        insert(variant)
        changeProduct(variant.productID) {
            $0.variants.insert(variant.id, at: $0.variants.firstIndex { $0 > variant.id } ?? $0.variants.endIndex)
            $0.totalStock += variant.stock
        }
        lastIDs.variant = max(lastIDs.variant, variant.id.rawValue)
    }

    mutating func setBarcodes(_ codes: [Barcode], of id: VariantID) {
        guard let variant = variants[id] else { return }
        for barcode in variant.barcodes { barcodes[barcode.code] = nil }
        for barcode in codes { barcodes[barcode.code] = (id, barcode.units) }
        changeVariant(id) { $0.barcodes = codes }
    }

    /// Gives a variant another SKU. The old one is retired with the version that the variant has.
    mutating func rename(_ id: VariantID, to sku: String) {
        guard let variant = variants[id] else { return }
        retire(variant)
        skus[variant.sku] = nil
        skus[sku] = id
        changeVariant(id) { $0.sku = sku }
    }

    private mutating func retire(_ variant: Variant) {
        originals.note(sku: variant.sku, retired: retired[variant.sku])
        retired[variant.sku] = variant.version
    }

    mutating func remove(_ id: VariantID) {
        guard let variant = variants[id] else { return }
        originals.note(variant)
        withdraw(variant)
        retire(variant)
        changeProduct(variant.productID) {
            $0.variants.removeAll { $0 == id }
            $0.totalStock -= variant.stock
        }
    }

    /// Stores a reservation as it is after an event. One that is not held any more is open no longer.
    mutating func set(_ reservation: Reservation) {
        originals.note(reservations.all[reservation.number], number: reservation.number)
        if reservation.status == .held {
            reservations.insert(reservation)
        } else {
            originals.ended[reservation.id] = reservation
            reservations.remove(reservation.number)
        }
    }

    /// Stores a count as it is after an event.
    mutating func set(_ count: StockCount) {
        originals.note(counts.all[count.number], number: count.number)
        if count.status.hasEnded {
            originals.endedCounts[count.id] = count
            counts.remove(count.number)
        } else {
            counts.insert(count)
        }
    }

    mutating func remove(_ id: ProductID) {
        guard let product = products[id] else { return }
        originals.note(product)
        products[id] = nil
    }

    private mutating func insert(_ variant: Variant) {
        variants[variant.id] = variant
        skus[variant.sku] = variant.id
        for barcode in variant.barcodes { barcodes[barcode.code] = (variant.id, barcode.units) }
    }

    private mutating func withdraw(_ variant: Variant) {
        variants[variant.id] = nil
        skus[variant.sku] = nil
        for barcode in variant.barcodes { barcodes[barcode.code] = nil }
    }

    // MARK: Keeping and undoing

    /// The changes since ``forgetChanges()``, as values before and after.
    public var changes: StateChanges {
        StateChanges(
            before: originals.position, after: StateChanges.Position(seq: seq, lastIDs: lastIDs),
            products: Self.changes(from: originals.products, to: products, new: originals.newProducts),
            variants: Self.changes(from: originals.variants, to: variants, new: originals.newVariants),
            locations: originals.locations.map { .init(before: $0.value, after: locations[$0.key]) },
            retired: originals.retired.map { .init(sku: $0.key, before: $0.value, after: retired[$0.key]) },
            reservations: reservationChanges, counts: countChanges, touchesCatalogue: originals.touchesCatalogue)
    }

    private var reservationChanges: [StateChanges.Change<Reservation>] {
        guard !originals.reservations.isEmpty else { return [] }
        let ended = Dictionary(uniqueKeysWithValues: originals.ended.values.map { ($0.number, $0) })
        return originals.reservations.map { .init(before: $0.value, after: reservations.all[$0.key] ?? ended[$0.key]) }
    }

    private var countChanges: [StateChanges.Change<StockCount>] {
        guard !originals.counts.isEmpty else { return [] }
        let ended = Dictionary(uniqueKeysWithValues: originals.endedCounts.values.map { ($0.number, $0) })
        return originals.counts.map { .init(before: $0.value, after: counts.all[$0.key] ?? ended[$0.key]) }
    }

    private static func changes<Key, Value>(
        from originals: [Key: Value?], to values: [Key: Value], new: Set<Key>
    ) -> [StateChanges.Change<Value>] {
        if new.isEmpty { return originals.map { .init(before: $0.value, after: values[$0.key]) } }
        return originals.flatMap { key, before -> [StateChanges.Change<Value>] in
            let after = values[key]
            guard new.contains(key), before != nil, after != nil else { return [.init(before: before, after: after)] }
            // Another product or variant has the id now.
            return [.init(before: before, after: nil), .init(before: nil, after: after)]
        }
    }

    /// Begins ``changes`` again, with no change.
    public mutating func forgetChanges() {
        originals.begin(at: StateChanges.Position(seq: seq, lastIDs: lastIDs))
    }

    /// Undoes `changes`, which have to be the last changes, and begins ``changes`` again.
    public mutating func undo(_ changes: StateChanges) {
        precondition(changes.after.seq == seq, "changes up to \(changes.after.seq) are undone at \(seq)")
        for case let variant? in changes.variants.map(\.after) { withdraw(variant) }
        for case let variant? in changes.variants.map(\.before) { insert(variant) }
        for case let product? in changes.products.map(\.after) { products[product.id] = nil }
        for case let product? in changes.products.map(\.before) { products[product.id] = product }
        for change in changes.retired { retired[change.sku] = change.before }
        for case let location? in changes.locations.map(\.after) { locations[location.code] = nil }
        for case let location? in changes.locations.map(\.before) { locations[location.code] = location }
        for change in changes.reservations where change.before == nil { change.after.map { reservations.forget($0) } }
        for case let reservation? in changes.reservations.map(\.before) { reservations.insert(reservation) }
        for case let count? in changes.counts.map(\.after) { counts.remove(count.number) }
        for case let count? in changes.counts.map(\.before) { counts.insert(count) }
        lastIDs = changes.before.lastIDs
        seq = changes.before.seq
        forgetChanges()
    }
}

/// The values before their first change; `nil` for what did not exist.
private struct Originals: Sendable {
    var position = StateChanges.Position()
    var products: [ProductID: Product?] = [:]
    var variants: [VariantID: Variant?] = [:]
    var locations: [String: Location?] = [:]
    var retired: [String: Int64?] = [:]
    var reservations: [UInt64: Reservation?] = [:]
    /// The reservations that ended, as they were then.
    var ended: [String: Reservation] = [:]
    var counts: [UInt64: StockCount?] = [:]
    /// The counts that ended, as they were then.
    var endedCounts: [String: StockCount] = [:]
    var touchesCatalogue = false
    /// What was created, also under an id that was used before.
    var newProducts: Set<ProductID> = []
    var newVariants: Set<VariantID> = []

    mutating func begin(at position: StateChanges.Position) {
        self.position = position
        products.removeAll(keepingCapacity: true)
        variants.removeAll(keepingCapacity: true)
        locations.removeAll(keepingCapacity: true)
        retired.removeAll()
        reservations.removeAll(keepingCapacity: true)
        ended.removeAll(keepingCapacity: true)
        counts.removeAll()
        endedCounts.removeAll()
        touchesCatalogue = false
        newProducts.removeAll()
        newVariants.removeAll()
    }

    mutating func note(_ product: Product) { Self.note(product, of: product.id, in: &products) }
    mutating func note(_ variant: Variant) { Self.note(variant, of: variant.id, in: &variants) }
    mutating func note(_ location: Location?, _ code: String) { Self.note(location, of: code, in: &locations) }
    mutating func note(_ reservation: Reservation?, number: UInt64) { Self.note(reservation, of: number, in: &reservations) }
    mutating func note(_ count: StockCount?, number: UInt64) { Self.note(count, of: number, in: &counts) }
    mutating func note(sku: String, retired version: Int64?) { Self.note(version, of: sku, in: &retired) }

    mutating func noteNew(_ id: ProductID) {
        newProducts.insert(id)
        Self.note(nil, of: id, in: &products)
    }

    mutating func noteNew(_ id: VariantID) {
        newVariants.insert(id)
        Self.note(nil, of: id, in: &variants)
    }

    /// Stores the first value that is noted for a key.
    private static func note<Key, Value>(_ value: Value?, of key: Key, in values: inout [Key: Value?]) {
        if values.index(forKey: key) == nil { values[key] = .some(value) }
    }
}
