import GRDB
import TallywireCore
import TallywireEngine

extension SQLiteJournal {
    public func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues> {
        try await reading { db in
            let tables = StateTables(.current)
            var removed: [RemovedVariant] = []
            var rows: [(variant: Variant, changed: UInt64)]
            switch selection {
            case .all: rows = try tables.values("1 ORDER BY v.id LIMIT ?", [Int64(limit) + 1], db)
            case .changed(let seq):
                rows = try tables.values("s.changed > ? ORDER BY v.id LIMIT ?", [Int64(clamping: seq), Int64(limit) + 1], db)
                removed = try Self.removed(since: seq, limit: limit, db)
            case .named(let products, let variants):
                rows = []
                for id in products where rows.count <= limit {
                    rows += try tables.values("v.product = ? LIMIT ?", [id.rawValue, Int64(limit) + 1], db)
                }
                for id in variants where rows.count <= limit { rows += try tables.values("v.id = ?", [id.rawValue], db) }
                rows.sort { $0.variant.id < $1.variant.id }
                rows = rows.indices.filter { $0 == 0 || rows[$0].variant.id != rows[$0 - 1].variant.id }.map { rows[$0] }
            }
            return VariantValues(
                variants: try Self.values(of: rows.prefix(limit), db), removed: removed, isCut: rows.count > limit)
        }
    }

    private static func values(
        of rows: some Collection<(variant: Variant, changed: UInt64)>, _ db: Database
    ) throws -> [VariantValue] {
        var products: [ProductID: Product] = [:]
        let selling = try String.fetchSet(db, sql: "SELECT code FROM locations WHERE sells")
        return try rows.map { variant, changed in
            if products[variant.productID] == nil { products[variant.productID] = try product(variant.productID, db) }
            let product = products[variant.productID]
            return VariantValue(
                record: VariantRecord(
                    variant: variant, productName: product?.name ?? "", price: variant.ownPrice ?? product?.price,
                    status: product?.status ?? .active),
                totals: variant.balances.totals(where: selling.contains), changed: changed)
        }
    }

    private static func removed(since seq: UInt64, limit: Int, _ db: Database) throws -> [RemovedVariant] {
        let select = try RawStatement(
            "SELECT product, variant, is_default, sku, changed FROM removed_variants WHERE changed > ? ORDER BY variant LIMIT ?", db
        )
        select.bind(Int64(clamping: seq), at: 1)
        select.bind(Int64(limit), at: 2)
        var removed: [RemovedVariant] = []
        try select.forEachRow { row in
            removed.append(
                RemovedVariant(
                    product: ProductID(row.integer(0)), variant: VariantID(row.integer(1)), isDefault: row.integer(2) != 0,
                    sku: row.text(3), changed: UInt64(bitPattern: row.integer(4))))
        }
        return removed
    }
}
