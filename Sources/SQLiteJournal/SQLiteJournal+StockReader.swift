import GRDB
import Synchronization
import TallywireCore
import TallywireEngine

extension SQLiteJournal {
    public func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]> {
        try await reading { db in
            var sql = "SELECT id, name, status, price, is_default FROM products WHERE id > ?"
            if search != nil { sql += " AND " + SearchTable.condition(3) }
            let select = try RawStatement(sql + " ORDER BY id LIMIT ?2", db)
            select.bind(after?.rawValue ?? 0, at: 1)
            select.bind(Int64(limit), at: 2)
            if let search { select.bind(search.folded, at: 3) }
            var products: [Product] = []
            try select.forEachRow { products.append(StateTables.product($0, variants: [], totalStock: 0)) }
            return try products.map { try Self.record(of: $0, db) }
        }
    }

    public func product(_ id: ProductID) async throws -> Reading<ProductRecord?> {
        try await reading { db in try Self.product(id, db).map { try Self.record(of: $0, db) } }
    }

    public func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?> {
        try await reading { db in
            switch reference {
            case .variant(let id): return try Self.variants("v.id = ?", [id.rawValue], db).first
            case .sku(let sku): return try Self.variants("v.sku = ?", [sku], db).first
            case .barcode(let code):
                // The same order as the writer's: the code as it is written, then the other forms of the same GTIN.
                for form in Barcode.forms(of: code) {
                    if let found = try Self.variants("v.id = (SELECT variant FROM barcodes WHERE code = ?)", [form], db).first {
                        return found
                    }
                }
                return nil
            }
        }
    }

    public func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        try await reading { db in
            try Self.variants("v.id > ? ORDER BY v.id LIMIT ?", [after?.rawValue ?? 0, limit], db)
        }
    }

    public func reservation(_ id: String) async throws -> Reading<Reservation?> {
        try await reading { db in
            if let open = try ReservationTables.load([id], StateTables(.current).prefix, db).first { return open }
            return try ReservationTables.ended(id, in: self.ended.withLock { $0.rows(of: id) }, db)
        }
    }

    public func reservations(_ query: ReservationQuery) async throws -> Reading<[Reservation]> {
        try await reading { db in try ReservationTables.page(query, db) }
    }

    public func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]> {
        try await reading { db in
            var sql = """
                SELECT v.sku, v.product, v.id, v.is_default, b.location, b.on_hand, b.reserved, s.damaged, s.inspection, s.safety,
                    s.incoming, s.counted
                FROM balances b JOIN variants v ON v.id = b.variant
                    LEFT JOIN balance_details s ON s.variant = b.variant AND s.location = b.location
                WHERE (b.variant, b.location) > (?, ?)
                """
            var arguments: [any DatabaseValueConvertible] = [query.after?.variant.rawValue ?? 0, query.after?.location ?? ""]
            if let sku = query.sku {
                sql += " AND b.variant = (SELECT id FROM variants WHERE sku = ?)"
                arguments.append(sku)
            }
            if let location = query.location {
                sql += " AND b.location = ?"
                arguments.append(location)
            }
            if !query.includesRemovedLocations { sql += " AND b.\(StateTables.isAtLocation)" }
            arguments.append(query.limit)
            return try Row.fetchAll(
                db, sql: sql + " ORDER BY b.variant, b.location LIMIT ?", arguments: StatementArguments(arguments)
            ).map { row in
                StockRecord(
                    sku: row[0], product: ProductID(row[1] as Int64), variant: VariantID(row[2] as Int64), isDefaultVariant: row[3],
                    balance: Balance(
                        location: row[4], onHand: row[5], reserved: row[6],
                        details: BalanceDetails(
                            damaged: row[7] ?? 0, inspection: row[8] ?? 0, safety: row[9] ?? 0, incoming: row[10] ?? 0,
                            countedAt: (row[11] as Int64?).map { Timestamp(milliseconds: $0) })))
            }
        }
    }

    public func count(_ id: String) async throws -> Reading<StockCount?> {
        try await reading { db in try CountTables.read(id, db) }
    }

    public func counts(_ query: CountQuery) async throws -> Reading<[CountRecord]> {
        try await reading { db in try CountTables.page(query, db) }
    }

    public func locations() async throws -> Reading<[Location]> {
        try await reading { db in try StateTables(.current).locations(db) }
    }

    public func removedLocations() async throws -> Reading<[String]> {
        try await reading { db in try String.fetchAll(db, sql: "SELECT code FROM removed_locations ORDER BY code") }
    }

    public func counts() async throws -> Reading<StockCounts> {
        try await reading { db in
            func count(_ table: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0 }
            return StockCounts(
                products: try count("products"), variants: try count("variants"), locations: try count("locations"),
                reservations: try count("reservations"), counts: try count("counts"))
        }
    }

    /// Reads in one transaction, which sees exactly the events up to the `seq` that is read first.
    func reading<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Reading<Value> {
        try await wrapping { try await pool.read { db in Reading(seq: try Meta.seq(db), value: try body(db)) } }
    }

    static func product(_ id: ProductID, _ db: Database) throws -> Product? {
        let select = try RawStatement("SELECT id, name, status, price, is_default FROM products WHERE id = ?", db)
        select.bind(id.rawValue, at: 1)
        var product: Product?
        try select.forEachRow { product = StateTables.product($0, variants: [], totalStock: 0) }
        return product
    }

    private static func record(of product: Product, _ db: Database) throws -> ProductRecord {
        let variants = try variants("v.product = ? ORDER BY v.id", [product.id.rawValue], db)
        var product = product
        product.variants = variants.map(\.variant.id)
        product.totalStock = variants.reduce(0) { $0 + $1.variant.stock }
        return ProductRecord(product: product, variants: variants)
    }

    static func variants(
        _ condition: String, _ arguments: [any DatabaseValueConvertible], _ db: Database
    ) throws -> [VariantRecord] {
        let tables = StateTables(.current)
        let statement = try db.cachedStatement(sql: "\(tables.variantSelection) WHERE \(condition)")
        try statement.setArguments(StatementArguments(arguments))
        var variants: [Variant] = []
        try RawStatement(statement, db).forEachRow { variants.append(tables.variant($0, barcodes: [:], balances: [:])) }
        var products: [ProductID: Product] = [:]
        let lists = try tables.lists(of: variants, db)
        return try variants.map { variant in
            var variant = variant
            variant.barcodes = try lists.map { $0.barcodes[variant.id] ?? [] } ?? tables.barcodes(of: variant.id, db)
            variant.balances = try lists.map { Balances($0.balances[variant.id] ?? []) } ?? tables.balances(of: variant.id, db)
            variant.thresholds = try lists.map { $0.thresholds[variant.id] ?? [] } ?? tables.thresholds(of: variant.id, db)
            if products[variant.productID] == nil { products[variant.productID] = try product(variant.productID, db) }
            let product = products[variant.productID]
            return VariantRecord(
                variant: variant, productName: product?.name ?? "", price: variant.ownPrice ?? product?.price,
                status: product?.status ?? .active)
        }
    }
}
