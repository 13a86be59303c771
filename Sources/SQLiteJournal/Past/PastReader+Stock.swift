import GRDB
import TallywireCore
import TallywireEngine

/// Balances of the past, in order of variant and location.
extension PastReader {
    /// The rows of current balances give the order. Between them come the variants that were removed since.
    func stock(_ query: StockQuery) throws -> [StockRecord] {
        var only: VariantID?
        if let sku = query.sku {
            guard let variant = try variant(withSKU: sku) else { return [] }
            only = variant.id
        }
        var page = Page(query)
        var removed = try removedVariants(query, only)[...]
        let rows = try currentRows(query, only)
        var variant: (id: VariantID, past: PastVariant?)?
        while !page.isFull, let row = try rows.next() {
            let current = PastVariant.Current(row)
            while let id = removed.first, id < current.id, !page.isFull {
                removed.removeFirst()
                try addRemoved(id, to: &page)
            }
            if variant?.id != current.id { variant = (current.id, try PastVariant(current.id, current: current, self)) }
            guard !page.isFull, let past = variant?.past, past.removedFrom == nil else { continue }
            let now = CurrentBalance(row)
            guard try query.includesRemovedLocations || hasLocation(now.balance.location) else { continue }
            page.add(past, try balance(of: past, at: now.balance.location, now: now.balance, arrived: now.arrived))
        }
        while !page.isFull, let id = removed.popFirst() { try addRemoved(id, to: &page) }
        return page.records
    }

    private struct Page {
        let query: StockQuery
        private(set) var records: [StockRecord] = []

        init(_ query: StockQuery) { self.query = query }

        var isFull: Bool { records.count >= query.limit }

        mutating func add(_ variant: PastVariant, _ balance: Balance?) {
            guard let balance, !isFull else { return }
            records.append(
                StockRecord(
                    sku: variant.sku, product: variant.product, variant: variant.id, isDefaultVariant: variant.isDefault,
                    balance: balance))
        }
    }

    private struct CurrentBalance {
        let balance: Balance
        let arrived: UInt64?

        static let columns = "b.location, b.on_hand, b.reserved, b.arrived, s.damaged, s.inspection, s.safety, s.incoming"

        init(_ row: Row, from first: Int = 6) {
            balance = Balance(
                location: row[first], onHand: row[first + 1], reserved: row[first + 2],
                details: BalanceDetails(
                    damaged: row[first + 4] ?? 0, inspection: row[first + 5] ?? 0, safety: row[first + 6] ?? 0,
                    incoming: row[first + 7] ?? 0))
            arrived = (row[first + 3] as Int64?).map { UInt64(bitPattern: $0) }
        }
    }

    private func currentRows(_ query: StockQuery, _ only: VariantID?) throws -> RowCursor {
        var sql = """
            SELECT \(PastVariant.Current.columns), \(CurrentBalance.columns)
            FROM balances b JOIN variants v ON v.id = b.variant JOIN stock k ON k.variant = b.variant
                LEFT JOIN balance_details s ON s.variant = b.variant AND s.location = b.location
            WHERE (b.variant, b.location) > (?, ?)
            """
        var arguments: [any DatabaseValueConvertible] = [query.after?.variant.rawValue ?? 0, query.after?.location ?? ""]
        if let only {
            sql += " AND b.variant = ?"
            arguments.append(only.rawValue)
        }
        if let location = query.location {
            sql += " AND b.location = ?"
            arguments.append(location)
        }
        return try Row.fetchCursor(db, sql: sql + " ORDER BY b.variant, b.location", arguments: StatementArguments(arguments))
    }

    /// The variants from that of the page's beginning on that a removal since was about, in order. Some of them may have been created
    /// since, too.
    private func removedVariants(_ query: StockQuery, _ only: VariantID?) throws -> [VariantID] {
        let select = try db.cachedStatement(
            sql: """
                SELECT DISTINCT variant FROM item_events INDEXED BY item_events_by_kind
                WHERE kind = \(ItemEvents.Kind.removal.rawValue) AND seq > ? AND variant >= ? ORDER BY variant
                """)
        return try Int64.fetchAll(select, arguments: [Int64(seq), query.after?.variant.rawValue ?? 0]).map { VariantID($0) }
            .filter { only == nil || $0 == only }
    }

    private func addRemoved(_ id: VariantID, to page: inout Page) throws {
        guard let variant = try PastVariant(id, current: nil, self) else { return }
        for location in (variant.removedFrom ?? []).sorted() {
            if let wanted = page.query.location, location != wanted { continue }
            if let after = page.query.after, (id, location) <= (after.variant, after.location) { continue }
            guard try page.query.includesRemovedLocations || hasLocation(location) else { continue }
            page.add(variant, try balance(of: variant, at: location, now: nil, arrived: nil))
        }
    }

    /// A variant's balances in the order of first arrival.
    func balances(of variant: PastVariant) throws -> Balances {
        var balances: [Balance] = []
        if let locations = variant.removedFrom {
            for location in locations where try hasLocation(location) {
                balances += try [balance(of: variant, at: location, now: nil, arrived: nil)].compactMap { $0 }
            }
            return Balances(balances)
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(CurrentBalance.columns)
                FROM balances b LEFT JOIN balance_details s ON s.variant = b.variant AND s.location = b.location
                WHERE b.variant = ? ORDER BY b.position
                """, arguments: [variant.id.rawValue])
        for now in rows.map({ CurrentBalance($0, from: 0) }) where try hasLocation(now.balance.location) {
            let balance = try balance(of: variant, at: now.balance.location, now: now.balance, arrived: now.arrived)
            balances += [balance].compactMap { $0 }
        }
        return Balances(balances)
    }
}
