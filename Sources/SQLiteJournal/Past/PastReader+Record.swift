import GRDB
import TallywireCore
import TallywireEngine

/// A variant of the past with all that is known of it.
extension PastReader {
    func record(of id: VariantID) throws -> VariantRecord? {
        guard let past = try variant(id) else { return nil }
        let state = try fold(past)
        guard var variant = state.variants[id], let product = state.products[past.product] else {
            throw JournalError(.damaged, "the events of variant \(id) do not lead to what it was after event \(seq)")
        }
        variant.balances = try balances(of: past)
        try judge(&variant, past)
        return VariantRecord(
            variant: variant, productName: product.name, price: state.price(of: variant), status: product.status)
    }

    /// Folds the events that have made the catalogue's values of a variant, from the base on, and the last ones that say its stock.
    /// They are few, however often the stock has changed.
    private func fold(_ past: PastVariant) throws -> InventoryState {
        var events = Set(try catalogueEvents(of: past))
        var link = try last(of: past)
        while let event = link {
            if [.inventoryUpdated, .stockAlert, .catalogueChanged].contains(event.type) { events.insert(event.seq) }
            if event.type == .inventoryUpdated || event.isCreation { break }
            link = try before(event, of: past.id)
        }
        var state = try StateTables(.base).load(products: [past.product], reservations: [], counts: [], seq: first - 1, db)
        do {
            for seq in events.sorted() {
                state.skip(to: seq - 1)
                try state.fold(event(seq))
            }
        } catch let error as FoldError {
            throw JournalError(.damaged, error.message)
        }
        return state
    }

    /// The changes of the variant and of its product up to the moment, and the last change of its price.
    private func catalogueEvents(of past: PastVariant) throws -> [UInt64] {
        func select(_ what: String, _ condition: String) -> String {
            """
            SELECT \(what) FROM item_events INDEXED BY item_events_by_variant
            WHERE \(condition) AND product = ?1 AND seq <= ?2
            """
        }
        let sql = [
            select("seq", "variant IS NULL AND type = 3"), select("seq", "variant IS NULL AND type = 4"),
            select("seq", "variant = ?3 AND type = 4"), select("max(seq)", "variant = ?3 AND type = 1"),
        ].joined(separator: " UNION ALL ")
        let events = try Int64?.fetchAll(
            db, sql: sql, arguments: [past.product.rawValue, Int64(seq), past.id.rawValue]
        ).compactMap { $0.map { UInt64($0) } }
        try spend(events.count)
        return events
    }

    /// Says the levels at locations. Where no unit is available the level is `out`. Elsewhere it stays the same up to the next alert of
    /// that location, which says the level before it.
    private func judge(_ variant: inout Variant, _ past: PastVariant) throws {
        guard !variant.thresholds.isEmpty else { return }
        let current = past.removedFrom == nil ? try StateTables(.current).thresholds(of: variant.id, db) : []
        for index in variant.thresholds.indices {
            let location = variant.thresholds[index].location
            var level = current.first { $0.location == location }?.level ?? .ok
            if let seq = past.alerts[location], case .stockAlert(let alert) = try event(seq).body { level = alert.previousLevel }
            variant.thresholds[index].level = variant.balance(at: location).available == 0 ? .out : level
        }
    }
}

extension SQLiteJournal {
    public func event(at moment: JournalMoment) async throws -> UInt64 {
        try await wrapping {
            try await pool.read { db in
                switch moment {
                case .seq(let seq): try PastReader(at: seq, db).seq
                case .time(let time): try PastReader.event(at: time, db)
                }
            }
        }
    }

    public func variant(_ id: VariantID, at seq: UInt64) async throws -> Reading<VariantRecord?> {
        try await past(seq) { try $0.record(of: id) }
    }

    public func stock(_ query: StockQuery, at seq: UInt64) async throws -> Reading<[StockRecord]> {
        try await past(seq) { try $0.stock(query) }
    }

    public func hasSKU(_ sku: String, at seq: UInt64) async throws -> Bool {
        try await past(seq) { try $0.variant(withSKU: sku) != nil }.value
    }

    public func hasLocation(_ code: String, at seq: UInt64) async throws -> Bool {
        try await past(seq) { try $0.hasLocation(code) }.value
    }

    private func past<Value: Sendable>(
        _ seq: UInt64, _ body: @Sendable @escaping (PastReader) throws -> Value
    ) async throws -> Reading<Value> {
        try await wrapping { try await pool.read { db in Reading(seq: seq, value: try body(PastReader(at: seq, db))) } }
    }
}
