import GRDB
import TallywireCore

/// The texts by which products are found: names and SKUs, folded (``Swift/String/folded``), one row for each product. So a search
/// reads one table and folds only the text that is searched for.
enum SearchTable {
    /// Writes the rows of products whose texts changed.
    static func store(_ changes: StateChanges, _ db: Database) throws {
        var ids: Set<Int64> = []
        for change in changes.products where change.before?.name != change.after?.name {
            if let product = change.after ?? change.before { ids.insert(product.id.rawValue) }
        }
        for change in changes.variants where change.before?.name != change.after?.name || change.before?.sku != change.after?.sku {
            if let variant = change.after ?? change.before { ids.insert(variant.productID.rawValue) }
        }
        for id in ids { try store(id, db) }
    }

    /// Writes the rows of all products.
    static func fill(_ db: Database) throws {
        for id in try Int64.fetchAll(db, sql: "SELECT id FROM products") { try store(id, db) }
    }

    /// The condition that a product's texts contain the text bound at `position`, which is folded.
    static func condition(_ position: Int) -> String { "id IN (SELECT product FROM search WHERE instr(text, ?\(position)) > 0)" }

    private static func store(_ id: Int64, _ db: Database) throws {
        var texts: [String] = []
        let product = try RawStatement("SELECT name FROM products WHERE id = ?", db)
        product.bind(id, at: 1)
        try product.forEachRow { texts.append($0.text(0)) }
        guard !texts.isEmpty else { return try db.execute(sql: "DELETE FROM search WHERE product = ?", arguments: [id]) }
        let variants = try RawStatement("SELECT name, sku FROM variants WHERE product = ? ORDER BY id", db)
        variants.bind(id, at: 1)
        try variants.forEachRow { texts += [$0.text(0), $0.text(1)] }
        let insert = try RawStatement("INSERT OR REPLACE INTO search (product, text) VALUES (?, ?)", db)
        insert.bind(id, at: 1)
        insert.bind(texts.map(\.folded).joined(separator: "\n"), at: 2)
        try insert.execute()
    }
}
