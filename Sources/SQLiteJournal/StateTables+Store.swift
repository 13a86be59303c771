import GRDB
import TallywireCore

extension StateTables {
    /// Writes the changed values: one row for each, however many events changed it. `lastEvents` are the last events of the
    /// variants, `arrivals` the first events of new balances.
    func store(
        _ changes: StateChanges, lastEvents: [Int64: UInt64] = [:], arrivals: Arrivals = Arrivals(), _ db: Database
    ) throws {
        for change in changes.locations { try store(change, db) }
        for change in changes.products { try store(change, db) }
        try ReservationTables.store(changes.reservations, prefix, db)
        try CountTables.store(changes.counts, prefix, db)
        // A SKU or barcode has to be released by its variant before another variant takes it.
        if changes.touchesCatalogue { for change in changes.variants { try remove(change, seq: changes.after.seq, db) } }
        if !changes.variants.isEmpty {
            let upserts = try StockUpserts(prefix: prefix, lastEvents: lastEvents, arrivals: arrivals, db)
            for change in changes.variants { try store(change, upserts, seq: changes.after.seq, db) }
        }
        if changes.touchesCatalogue, prefix == StateTables(.current).prefix {
            try SearchTable.store(changes, db)
            for change in changes.retired { try store(change, db) }
        }
        if changes.touchesCatalogue,
            changes.variants.contains(where: { $0.before == nil }) || changes.products.contains(where: { $0.before == nil })
        {
            try Meta.set(prefix + "last_product", changes.after.lastIDs.product, db)
            try Meta.set(prefix + "last_variant", changes.after.lastIDs.variant, db)
        }
    }

    private func store(_ change: StateChanges.Change<Location>, _ db: Database) throws {
        guard let code = (change.after ?? change.before)?.code else { return }
        if prefix == StateTables(.current).prefix {
            let isRemoved = change.after == nil
            try db.execute(
                sql: isRemoved
                    ? "INSERT OR IGNORE INTO removed_locations VALUES (?)" : "DELETE FROM removed_locations WHERE code = ?",
                arguments: [code])
        }
        guard let location = change.after else {
            return try db.execute(sql: "DELETE FROM \(prefix)locations WHERE code = ?", arguments: [code])
        }
        let upsert = try RawStatement(
            """
            INSERT INTO \(prefix)locations (code, name, sells, priority) VALUES (?, ?, ?, ?)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, sells = excluded.sells, priority = excluded.priority
            """, db)
        upsert.bind(location.code, at: 1)
        upsert.bind(location.name, at: 2)
        upsert.bind(location.sells ? 1 : 0 as Int64, at: 3)
        upsert.bind(location.priority, at: 4)
        try upsert.execute()
    }

    private func store(_ change: StateChanges.Retirement, _ db: Database) throws {
        guard let version = change.after else { return }
        let replace = try RawStatement("INSERT OR REPLACE INTO retired_skus (sku, version) VALUES (?, ?)", db)
        replace.bind(change.sku, at: 1)
        replace.bind(version, at: 2)
        try replace.execute()
    }

    private func store(_ change: StateChanges.Change<Product>, _ db: Database) throws {
        guard let product = change.after else {
            return try delete(change.before?.id.rawValue, from: "products", "id", db)
        }
        if let before = change.before, before.name == product.name, before.status == product.status, before.price == product.price {
            return
        }
        let upsert = try RawStatement(
            """
            INSERT INTO \(prefix)products (id, name, status, price, is_default) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, price = excluded.price
            """, db)
        upsert.bind(product.id.rawValue, at: 1)
        upsert.bind(product.name, at: 2)
        upsert.bind(product.status.rawValue, at: 3)
        upsert.bind(product.price?.hundredths, at: 4)
        upsert.bind(product.hasDefaultVariant ? 1 : 0 as Int64, at: 5)
        try upsert.execute()
    }

    /// Removes a variant that does not exist any more, and what a variant gives up: its SKU and its barcodes.
    private func remove(_ change: StateChanges.Change<Variant>, seq: UInt64, _ db: Database) throws {
        guard let before = change.before else { return }
        let id = before.id.rawValue
        if before.barcodes != change.after?.barcodes { try delete(id, from: "barcodes", "variant", db) }
        if let after = change.after {
            if before.sku != after.sku { try release(skuOf: id, db) }
            return
        }
        if prefix == StateTables(.current).prefix { try note(removed: before, seq: seq, db) }
        try delete(id, from: "variants", "id", db)
        for table in ["stock", "alerts", "balances", "balance_details", "thresholds"] { try delete(id, from: table, "variant", db) }
    }

    /// Puts the variant's id in place of its SKU, until its new one is stored. No SKU contains a control character.
    private func release(skuOf id: Int64, _ db: Database) throws {
        try db.execute(sql: "UPDATE \(prefix)variants SET sku = char(1) || id WHERE id = ?", arguments: [id])
    }

    private func store(
        _ change: StateChanges.Change<Variant>, _ upserts: StockUpserts, seq: UInt64, _ db: Database
    ) throws {
        guard let variant = change.after else { return }
        let before = change.before
        // A reader of removed variants must not take the new one for the removed one.
        if before == nil, prefix == StateTables(.current).prefix {
            let delete = try RawStatement("DELETE FROM removed_variants WHERE variant = ?", db)
            delete.bind(variant.id.rawValue, at: 1)
            try delete.execute()
        }
        if before?.sku != variant.sku || before?.name != variant.name || before?.ownPrice != variant.ownPrice
            || before?.alerts != variant.alerts
        {
            try storeCatalogue(of: variant, db)
        }
        if before?.barcodes != variant.barcodes { try storeBarcodes(of: variant, db) }
        if before?.alert != variant.alert { try storeAlert(of: variant, db) }
        if before?.thresholds ?? [] != variant.thresholds { try storeThresholds(of: variant, before: before, db) }
        try upserts.storeStock(of: variant, seq: seq)
        for (position, balance) in variant.balances.enumerated() {
            if let before, position < before.balances.count, before.balances[position] == balance { continue }
            try upserts.store(balance, of: variant.id, position)
            if before?.balance(at: balance.location).details != balance.details {
                try storeDetails(of: balance, variant.id, db)
            }
        }
    }

    /// How many removed variants are known by name. A client that was away while more were removed learns of the others when it takes all
    /// values anew.
    private static var removedLimit: Int { 100_000 }

    static func pruneRemovedVariants(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM removed_variants WHERE variant IN (
                    SELECT variant FROM removed_variants ORDER BY changed DESC LIMIT -1 OFFSET ?)
                """, arguments: [removedLimit])
    }

    private func note(removed variant: Variant, seq: UInt64, _ db: Database) throws {
        let insert = try RawStatement(
            "INSERT OR REPLACE INTO removed_variants (variant, product, is_default, sku, changed) VALUES (?, ?, ?, ?, ?)", db)
        insert.bind(variant.id.rawValue, at: 1)
        insert.bind(variant.productID.rawValue, at: 2)
        insert.bind(variant.isDefault ? 1 : 0 as Int64, at: 3)
        insert.bind(variant.sku, at: 4)
        insert.bind(seq, at: 5)
        try insert.execute()
    }

    private func storeCatalogue(of variant: Variant, _ db: Database) throws {
        let upsert = try RawStatement(
            """
            INSERT INTO \(prefix)variants (id, product, is_default, sku, name, price, threshold, rearm) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                sku = excluded.sku, name = excluded.name, price = excluded.price, threshold = excluded.threshold, rearm = excluded.rearm
            """, db)
        upsert.bind(variant.id.rawValue, at: 1)
        upsert.bind(variant.productID.rawValue, at: 2)
        upsert.bind(variant.isDefault ? 1 : 0 as Int64, at: 3)
        upsert.bind(variant.sku, at: 4)
        upsert.bind(variant.name, at: 5)
        upsert.bind(variant.ownPrice?.hundredths, at: 6)
        upsert.bind(variant.alerts.threshold, at: 7)
        upsert.bind(variant.alerts.rearm, at: 8)
        try upsert.execute()
    }

    private func storeBarcodes(of variant: Variant, _ db: Database) throws {
        let insert = try RawStatement("INSERT INTO \(prefix)barcodes (code, variant, position, units) VALUES (?, ?, ?, ?)", db)
        for (position, barcode) in variant.barcodes.enumerated() {
            insert.bind(barcode.code, at: 1)
            insert.bind(variant.id.rawValue, at: 2)
            insert.bind(Int64(position), at: 3)
            insert.bind(barcode.units, at: 4)
            try insert.execute()
        }
    }

    private func storeDetails(of balance: Balance, _ variant: VariantID, _ db: Database) throws {
        let statement = try RawStatement(
            balance.details == nil
                ? "DELETE FROM \(prefix)balance_details WHERE variant = ? AND location = ?"
                : "INSERT OR REPLACE INTO \(prefix)balance_details (variant, location, damaged, inspection, safety, incoming, counted) "
                    + "VALUES (?, ?, ?, ?, ?, ?, ?)", db)
        statement.bind(variant.rawValue, at: 1)
        statement.bind(balance.location, at: 2)
        if let details = balance.details {
            statement.bind(details.damaged, at: 3)
            statement.bind(details.inspection, at: 4)
            statement.bind(details.safety, at: 5)
            statement.bind(details.incoming, at: 6)
            statement.bind(details.countedAt?.milliseconds, at: 7)
        }
        try statement.execute()
    }

    private func storeAlert(of variant: Variant, _ db: Database) throws {
        guard let alert = variant.alert else { return try delete(variant.id.rawValue, from: "alerts", "variant", db) }
        let replace = try RawStatement(
            "INSERT OR REPLACE INTO \(prefix)alerts (variant, seq, since, seen_by, seen_at, note) VALUES (?, ?, ?, ?, ?, ?)", db)
        replace.bind(variant.id.rawValue, at: 1)
        replace.bind(alert, at: 2)
        try replace.execute()
    }

    private func storeThresholds(of variant: Variant, before: Variant?, _ db: Database) throws {
        let delete = try RawStatement("DELETE FROM \(prefix)thresholds WHERE variant = ? AND location = ?", db)
        for gone in before?.thresholds ?? [] where variant.threshold(at: gone.location) == nil {
            delete.bind(variant.id.rawValue, at: 1)
            delete.bind(gone.location, at: 2)
            try delete.execute()
        }
        let replace = try RawStatement(
            """
            INSERT OR REPLACE INTO \(prefix)thresholds (variant, location, low, rearm, level, seq, since, seen_by, seen_at, note)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, db)
        for threshold in variant.thresholds where before?.threshold(at: threshold.location) != threshold {
            replace.bind(variant.id.rawValue, at: 1)
            replace.bind(threshold.location, at: 2)
            replace.bind(threshold.rule.threshold, at: 3)
            replace.bind(threshold.rule.rearm, at: 4)
            replace.bind(threshold.level.number, at: 5)
            replace.bind(threshold.alert, at: 6)
            try replace.execute()
        }
    }

    private func delete(_ id: Int64?, from table: String, _ column: String, _ db: Database) throws {
        guard let id else { return }
        let delete = try RawStatement("DELETE FROM \(prefix)\(table) WHERE \(column) = ?", db)
        delete.bind(id, at: 1)
        try delete.execute()
    }
}

extension RawStatement {
    /// Binds the values of an alert to the parameter `first` and those after it: its event, since when it is open, and who has seen
    /// it.
    fileprivate func bind(_ alert: OpenAlert?, at first: Int32) {
        bind(alert.map { Int64(bitPattern: $0.seq) }, at: first)
        bind(alert?.since.milliseconds, at: first + 1)
        bind(alert?.acknowledgement?.by, at: first + 2)
        bind(alert?.acknowledgement?.at.milliseconds, at: first + 3)
        bind(alert?.acknowledgement?.note, at: first + 4)
    }
}

/// The two statements that run for each changed variant and balance. They are prepared once for each batch.
private struct StockUpserts {
    private let stock: RawStatement
    private let balance: RawStatement
    private let lastEvents: [Int64: UInt64]
    private let arrivals: Arrivals

    init(prefix: String, lastEvents: [Int64: UInt64], arrivals: Arrivals, _ db: Database) throws {
        self.lastEvents = lastEvents
        self.arrivals = arrivals
        // A change of the product's status changes a variant without an event of that variant.
        stock = try RawStatement(
            """
            INSERT INTO \(prefix)stock (variant, version, level, stock, was_stocked, changed, last_event) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (variant) DO UPDATE SET
                version = excluded.version, level = excluded.level, stock = excluded.stock, was_stocked = excluded.was_stocked,
                changed = excluded.changed, last_event = coalesce(excluded.last_event, last_event)
            """, db)
        balance = try RawStatement(
            """
            INSERT INTO \(prefix)balances (variant, location, position, on_hand, reserved, arrived) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (variant, location) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved
            """, db)
    }

    func storeStock(of variant: Variant, seq: UInt64) throws {
        stock.bind(variant.id.rawValue, at: 1)
        stock.bind(variant.version, at: 2)
        stock.bind(variant.level.number, at: 3)
        stock.bind(variant.stock, at: 4)
        stock.bind(variant.wasStocked ? 1 : 0 as Int64, at: 5)
        stock.bind(seq, at: 6)
        stock.bind(lastEvents[variant.id.rawValue].map { Int64(bitPattern: $0) }, at: 7)
        try stock.execute()
    }

    func store(_ units: Balance, of variant: VariantID, _ position: Int) throws {
        balance.bind(variant.rawValue, at: 1)
        balance.bind(units.location, at: 2)
        balance.bind(Int64(position), at: 3)
        balance.bind(units.onHand, at: 4)
        balance.bind(units.reserved, at: 5)
        balance.bind(arrivals.event(of: variant, at: units.location).map { Int64(bitPattern: $0) }, at: 6)
        try balance.execute()
    }
}
