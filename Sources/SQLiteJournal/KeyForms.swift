import Foundation
import GRDB

/// Brings the names in a journal of an earlier version to Unicode's normal form C, the form of names that come in, since names are
/// compared as bytes. Two names cannot become the same by that, since they were equal before.
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
