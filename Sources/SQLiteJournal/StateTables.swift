import GRDB
import TallywireCore

/// The tables with catalogue and stock as values: the current ones, and those at the point up to which events were deleted.
struct StateTables {
    enum Which: String {
        case current = ""
        case base = "base_"
    }

    private let which: Which

    init(_ which: Which) {
        self.which = which
    }

    var prefix: String { which.rawValue }

    var creation: String {
        """
        CREATE TABLE \(prefix)locations (code TEXT PRIMARY KEY, name TEXT NOT NULL, sells INTEGER NOT NULL);
        CREATE TABLE \(prefix)products (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, price INTEGER, is_default INTEGER NOT NULL);
        CREATE TABLE \(prefix)variants (
            id INTEGER PRIMARY KEY, product INTEGER NOT NULL, is_default INTEGER NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
            price INTEGER, threshold INTEGER NOT NULL, rearm INTEGER NOT NULL);
        CREATE TABLE \(prefix)barcodes (
            code TEXT PRIMARY KEY, variant INTEGER NOT NULL, position INTEGER NOT NULL, units INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE \(prefix)stock (
            variant INTEGER PRIMARY KEY, version INTEGER NOT NULL, level INTEGER NOT NULL, stock INTEGER NOT NULL,
            was_stocked INTEGER NOT NULL);
        CREATE TABLE \(prefix)balances (
            variant INTEGER NOT NULL, location TEXT NOT NULL, position INTEGER NOT NULL, on_hand INTEGER NOT NULL,
            reserved INTEGER NOT NULL, PRIMARY KEY (variant, location)) WITHOUT ROWID;
        """
    }

    // MARK: Reading

    /// The whole state. Each table is read once, in the order of the variants' ids.
    func load(_ db: Database) throws -> InventoryState {
        try state(of: rows(db), joining: columns(db), ReservationTable(ReservationTables.load(prefix, db)), db)
    }

    /// The same, read by several connections at once: at a start nothing else is to be done. Nothing may write meanwhile.
    func load(_ pool: DatabasePool) throws -> InventoryState {
        let (variants, lists, open) = try concurrently(
            { try pool.read { try rows($0) } }, { try pool.read { try columns($0) } },
            { try ReservationTable(pool.read { try ReservationTables.load(prefix, $0) }) })
        return try pool.read { try state(of: variants, joining: lists, open, $0) }
    }

    /// The variants in the order of their ids, without what is in tables of their own.
    private func rows(_ db: Database) throws -> [Variant] {
        var variants: [Variant] = []
        try RawStatement("\(variantSelection) ORDER BY v.id", db).forEachRow {
            variants.append(variant($0, barcodes: [:], balances: [:]))
        }
        return variants
    }

    /// What belongs to variants, in the order of their ids.
    private struct Columns: Sendable {
        var barcodes: [(variant: Int64, value: Barcode)] = []
        var balances: [(variant: Int64, value: Balance)] = []
        var thresholds: [(variant: Int64, value: LocationThreshold)] = []
    }

    private func columns(_ db: Database) throws -> Columns {
        var columns = Columns()
        try RawStatement("SELECT variant, code, units FROM \(prefix)barcodes ORDER BY variant, position", db).forEachRow {
            columns.barcodes.append(($0.integer(0), Barcode(code: $0.text(1), units: $0.integer(2))))
        }
        try RawStatement("\(balanceSelection) ORDER BY b.variant, b.position", db).forEachRow {
            columns.balances.append(($0.integer(0), balance($0)))
        }
        try RawStatement("\(thresholdSelection) ORDER BY b.variant, b.location", db).forEachRow {
            columns.thresholds.append(($0.integer(0), Self.threshold($0)))
        }
        return columns
    }

    /// Takes the values of the variant `id` from where those of the variants before it ended.
    private func take<Value>(_ id: VariantID, from rows: [(variant: Int64, value: Value)], at index: inout Int) -> [Value] {
        while index < rows.count, rows[index].variant < id.rawValue { index += 1 }
        let start = index
        while index < rows.count, rows[index].variant == id.rawValue { index += 1 }
        return rows[start..<index].map(\.value)
    }

    private func state(
        of rows: [Variant], joining columns: Columns, _ reservations: ReservationTable, _ db: Database
    ) throws -> InventoryState {
        var variants = rows
        var (barcode, balance, threshold) = (0, 0, 0)
        var byProduct: [ProductID: (variants: [VariantID], stock: Int64)] = [:]
        for index in variants.indices {
            let id = variants[index].id
            variants[index].barcodes = take(id, from: columns.barcodes, at: &barcode)
            variants[index].balances = Balances(take(id, from: columns.balances, at: &balance))
            variants[index].thresholds = take(id, from: columns.thresholds, at: &threshold)
            let stock = variants[index].stock
            func add(to product: inout (variants: [VariantID], stock: Int64)) {
                product.variants.append(id)
                product.stock += stock
            }
            add(to: &byProduct[variants[index].productID, default: ([], 0)])
        }
        var products: [Product] = []
        try RawStatement("SELECT id, name, status, price, is_default FROM \(prefix)products", db).forEachRow { row in
            let mine = byProduct[ProductID(row.integer(0))]
            products.append(Self.product(row, variants: mine?.variants ?? [], totalStock: mine?.stock ?? 0))
        }
        return InventoryState(
            seq: which == .current ? try Meta.seq(db) : try Meta.first(db) - 1, locations: try locations(db), products: products,
            variants: variants, lastIDs: try lastIDs(db), retired: try retired(db), reservations: reservations,
            counts: CountTable(try CountTables.load(prefix, db)))
    }

    /// The versions at which variants gave up their SKUs.
    private func retired(_ db: Database) throws -> [String: Int64] {
        guard which == .current else { return [:] }
        var versions: [String: Int64] = [:]
        try RawStatement("SELECT sku, version FROM retired_skus", db).forEachRow {
            versions[$0.text(0)] = $0.integer(1)
        }
        return versions
    }

    /// Returns the part of the state with the products `ids` and all their variants, and with these reservations and counts.
    func load(
        products ids: Set<ProductID>, reservations: Set<String>, counts: Set<String>, seq: UInt64, _ db: Database
    ) throws -> InventoryState {
        var products: [Product] = []
        var variants: [Variant] = []
        let selectProduct = try RawStatement("SELECT id, name, status, price, is_default FROM \(prefix)products WHERE id = ?", db)
        let selectVariants = try RawStatement("\(variantSelection) WHERE v.product = ? ORDER BY v.id", db)
        for id in ids {
            var mine: [Variant] = []
            selectVariants.bind(id.rawValue, at: 1)
            var rows: [Variant] = []
            try selectVariants.forEachRow { rows.append(variant($0, barcodes: [:], balances: [:])) }
            for var row in rows {
                row.barcodes = try self.barcodes(of: row.id, db)
                row.balances = try self.balances(of: row.id, withRemoved: true, db)
                row.thresholds = try thresholds(of: row.id, db)
                mine.append(row)
            }
            selectProduct.bind(id.rawValue, at: 1)
            try selectProduct.forEachRow { row in
                products.append(
                    Self.product(row, variants: mine.map(\.id), totalStock: mine.reduce(0) { $0 + $1.stock }))
            }
            variants += mine
        }
        return InventoryState(
            seq: seq, locations: try locations(db), products: products, variants: variants, lastIDs: try lastIDs(db),
            reservations: ReservationTable(try ReservationTables.load(reservations, prefix, db)),
            counts: CountTable(try CountTables.load(counts, prefix, db)))
    }

    func locations(_ db: Database) throws -> [Location] {
        var locations: [Location] = []
        try RawStatement("SELECT code, name, sells, priority FROM \(prefix)locations ORDER BY code", db).forEachRow {
            locations.append(
                Location(code: $0.text(0), name: $0.text(1), sells: $0.integer(2) != 0, priority: $0.integer(3)))
        }
        return locations
    }

    /// The condition that a balance is not left at a location that was removed.
    static let isAtLocation = "location NOT IN (SELECT code FROM removed_locations)"

    func barcodes(of id: VariantID, _ db: Database) throws -> [Barcode] {
        let select = try RawStatement("SELECT code, units FROM \(prefix)barcodes WHERE variant = ? ORDER BY position", db)
        select.bind(id.rawValue, at: 1)
        var barcodes: [Barcode] = []
        try select.forEachRow { barcodes.append(Barcode(code: $0.text(0), units: $0.integer(1))) }
        return barcodes
    }

    /// The balances of a variant; only `withRemoved` those that are left at locations that were removed.
    func balances(of id: VariantID, withRemoved: Bool = false, _ db: Database) throws -> Balances {
        let condition = withRemoved ? "" : "AND b.\(Self.isAtLocation)"
        let select = try RawStatement("\(balanceSelection) WHERE b.variant = ? \(condition) ORDER BY b.position", db)
        select.bind(id.rawValue, at: 1)
        var balances: [Balance] = []
        try select.forEachRow { balances.append(balance($0)) }
        return Balances(balances)
    }

    /// Balances, and their details where there are any.
    private var balanceSelection: String {
        """
        SELECT b.variant, b.location, b.on_hand, b.reserved, s.damaged, s.inspection, s.safety, s.incoming, s.counted
        FROM \(prefix)balances b LEFT JOIN \(prefix)balance_details s ON s.variant = b.variant AND s.location = b.location
        """
    }

    private func balance(_ row: RawRow) -> Balance {
        Balance(
            location: row.text(1), onHand: row.integer(2), reserved: row.integer(3),
            details: row.isNull(4)
                ? nil
                : BalanceDetails(
                    damaged: row.integer(4), inspection: row.integer(5), safety: row.integer(6), incoming: row.integer(7),
                    countedAt: row.integerIfPresent(8).map { Timestamp(milliseconds: $0) }))
    }

    func thresholds(of id: VariantID, _ db: Database) throws -> [LocationThreshold] {
        let select = try RawStatement("\(thresholdSelection) WHERE b.variant = ? ORDER BY b.location", db)
        select.bind(id.rawValue, at: 1)
        var thresholds: [LocationThreshold] = []
        try select.forEachRow { thresholds.append(Self.threshold($0)) }
        return thresholds
    }

    private var thresholdSelection: String {
        """
        SELECT b.variant, b.location, b.low, b.rearm, b.level, b.seq, b.since, b.seen_by, b.seen_at, b.note
        FROM \(prefix)thresholds b
        """
    }

    private static func threshold(_ row: RawRow) -> LocationThreshold {
        LocationThreshold(
            location: row.text(1), rule: AlertRule(threshold: row.integer(2), rearm: row.integer(3)),
            level: StockLevel(number: row.integer(4)) ?? .out, alert: alert(row, at: 5))
    }

    /// Returns the rows of ``variantSelection`` that `condition` selects, with their balances and the event that changed them last.
    func values(_ condition: String, _ arguments: [Int64], _ db: Database) throws -> [(variant: Variant, changed: UInt64)] {
        let select = try RawStatement("\(variantSelection) WHERE \(condition)", db)
        for (index, argument) in arguments.enumerated() { select.bind(argument, at: Int32(index + 1)) }
        var values: [(variant: Variant, changed: UInt64)] = []
        try select.forEachRow { row in
            values.append((variant(row, barcodes: [:], balances: [:]), UInt64(bitPattern: row.integer(12))))
        }
        // Most selections are in order of id. A few variants, or scattered ones, are read one by one.
        let lists = try lists(of: values.map(\.variant), db)
        for index in values.indices {
            let id = values[index].variant.id
            values[index].variant.balances = try lists.map { Balances($0.balances[id] ?? []) } ?? balances(of: id, db)
        }
        return values
    }

    /// Variants with their stock. Barcodes and balances are in tables of their own.
    var variantSelection: String {
        """
        SELECT v.id, v.product, v.is_default, v.sku, v.name, v.price, v.threshold, v.rearm, s.level, s.version, s.stock, s.was_stocked,
            s.changed, a.seq, a.since, a.seen_by, a.seen_at, a.note
        FROM \(prefix)variants v JOIN \(prefix)stock s ON s.variant = v.id LEFT JOIN \(prefix)alerts a ON a.variant = v.id
        """
    }

    func variant(_ row: RawRow, barcodes: [VariantID: [Barcode]], balances: [VariantID: [Balance]]) -> Variant {
        let id = VariantID(row.integer(0))
        return Variant(
            id: id, productID: ProductID(row.integer(1)), isDefault: row.integer(2) != 0, sku: row.text(3), name: row.text(4),
            ownPrice: row.integerIfPresent(5).flatMap { Price(hundredths: $0) }, barcodes: barcodes[id] ?? [],
            alerts: AlertRule(threshold: row.integer(6), rearm: row.integer(7)), level: StockLevel(number: row.integer(8)) ?? .out,
            version: row.integer(9), stock: row.integer(10), wasStocked: row.integer(11) != 0,
            balances: Balances(balances[id] ?? []), alert: Self.alert(row, at: 13))
    }

    /// The alert in the column `first` and those after it; `nil` if there is none.
    private static func alert(_ row: RawRow, at first: Int32) -> OpenAlert? {
        if row.isNull(first) { return nil }
        return OpenAlert(
            seq: UInt64(bitPattern: row.integer(first)), since: Timestamp(milliseconds: row.integer(first + 1)),
            acknowledgement: row.textIfPresent(first + 2).map {
                OpenAlert.Acknowledgement(
                    by: $0, at: Timestamp(milliseconds: row.integer(first + 3)), note: row.textIfPresent(first + 4))
            })
    }

    static func product(_ row: RawRow, variants: [VariantID], totalStock: Int64) -> Product {
        Product(
            id: ProductID(row.integer(0)), name: row.text(1), status: ProductStatus(rawValue: row.text(2)) ?? .active,
            price: row.integerIfPresent(3).flatMap { Price(hundredths: $0) }, variants: variants,
            hasDefaultVariant: row.integer(4) != 0, totalStock: totalStock)
    }

    private func lastIDs(_ db: Database) throws -> InventoryState.LastIDs {
        InventoryState.LastIDs(
            product: try Meta.integer(prefix + "last_product", db), variant: try Meta.integer(prefix + "last_variant", db))
    }

    typealias Lists = (
        barcodes: [VariantID: [Barcode]], balances: [VariantID: [Balance]], thresholds: [VariantID: [LocationThreshold]]
    )

    /// Returns the barcodes, balances and thresholds of `variants`, which are in order of id. They are read by range, which costs a fifth of
    /// reading them one by one. `nil` for a few variants, or if there are many others between them.
    func lists(of variants: [Variant], _ db: Database) throws -> Lists? {
        guard let first = variants.first?.id.rawValue, let last = variants.last?.id.rawValue, variants.count > 8,
            last - first < 4 * Int64(variants.count)
        else { return nil }
        return try lists("WHERE b.variant BETWEEN ? AND ?", [first, last], db)
    }

    private func lists(_ condition: String, _ arguments: [Int64], _ db: Database) throws -> Lists {
        let barcodes = try lists(
            "SELECT b.variant, b.code, b.units FROM \(prefix)barcodes b \(condition) ORDER BY b.variant, b.position", arguments, db
        ) {
            Barcode(code: $0.text(1), units: $0.integer(2))
        }
        let balances = try lists(
            "\(balanceSelection) \(condition) AND b.\(Self.isAtLocation) ORDER BY b.variant, b.position", arguments, db,
            balance)
        let thresholds = try lists("\(thresholdSelection) \(condition) ORDER BY b.variant, b.location", arguments, db) {
            Self.threshold($0)
        }
        return (barcodes, balances, thresholds)
    }

    private func lists<Value>(
        _ sql: String, _ arguments: [Int64], _ db: Database, _ make: (RawRow) -> Value
    ) throws -> [VariantID: [Value]] {
        var lists: [VariantID: [Value]] = [:]
        var current: [Value] = []
        var id: VariantID?
        let select = try RawStatement(sql, db)
        for (index, argument) in arguments.enumerated() { select.bind(argument, at: Int32(index + 1)) }
        try select.forEachRow { row in
            let rowID = VariantID(row.integer(0))
            if rowID != id {
                if let id { lists[id] = current }
                current = []
                id = rowID
            }
            current.append(make(row))
        }
        if let id { lists[id] = current }
        return lists
    }
}
