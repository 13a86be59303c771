import Foundation
import GRDB

/// Brings the names in a journal of an earlier version to Unicode's normal form C, as those that come in are: what is compared as bytes has to
/// have one form. Two names that are the same then cannot be there, since they were the same before.
enum KeyForms {
    static func bring(to db: Database) throws {
        for (table, column) in [("locations", "code"), ("variants", "sku"), ("barcodes", "code"), ("balances", "location")] {
            for name in try String.fetchAll(db, sql: "SELECT DISTINCT \(column) FROM \(table)") {
                let form = name.precomposedStringWithCanonicalMapping
                guard !form.utf8.elementsEqual(name.utf8) else { continue }
                try db.execute(sql: "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?", arguments: [form, name])
            }
        }
    }
}
