import GRDB
import TallywireCore
import TallywireEngine

/// What became of a variant after a moment.
struct PastVariant {
    let id: VariantID
    let product: ProductID
    let isDefault: Bool
    /// The SKU that the variant had at the moment.
    private(set) var sku: String
    /// The locations of the variant when it was removed since; `nil` if it still exists.
    private(set) var removedFrom: [String]?
    /// By location, the first event after the moment that changed the units there.
    private(set) var changes: [String: UInt64] = [:]
    /// By location, the first alert of that location after the moment.
    private(set) var alerts: [String: UInt64] = [:]
    /// Where the variant's events up to the moment end.
    private(set) var end: End

    enum End {
        /// The last of them; `nil` if none is kept.
        case link(PastReader.Link?)
        /// Nothing has changed since, so it is the variant's last event, which was not read.
        case newest(UInt64?)
    }

    /// A variant as it is now.
    struct Current {
        let id: VariantID
        let product: ProductID
        let isDefault: Bool
        let sku: String
        /// No event after this one changed the variant.
        let changed: UInt64
        let lastEvent: UInt64?

        static let columns = "v.id, v.product, v.is_default, v.sku, k.changed, k.last_event"

        init(_ row: Row) {
            id = VariantID(row[0] as Int64)
            product = ProductID(row[1] as Int64)
            isDefault = row[2]
            sku = row[3]
            changed = UInt64(bitPattern: row[4] as Int64)
            lastEvent = (row[5] as Int64?).map { UInt64(bitPattern: $0) }
        }
    }

    /// `nil` if there was no variant with this id at the moment. `current` is the variant that has the id now.
    init?(_ id: VariantID, current: Current?, _ reader: PastReader) throws {
        let fate = try current.map { $0.changed > reader.seq } == false ? Fate() : Fate(of: id, reader)
        guard !fate.wasCreated else { return nil }
        self.id = id
        var newest = current?.lastEvent
        if let (seq, change) = fate.removal, case .variant(_, let isDefault, let sku, let product) = change.subject {
            (self.product, self.isDefault, self.sku) = (product, isDefault, sku)
            removedFrom = change.values.locations ?? []
            newest = seq
        } else if let current {
            (product, isDefault, sku) = (current.product, current.isDefault, current.sku)
        } else {
            return nil
        }
        end = .newest(newest)
        if let previous = fate.previousSKU { sku = previous }
        guard removedFrom != nil || current.map({ $0.changed > reader.seq }) == true else { return }
        var link = try reader.newest(newest, of: id)
        while let event = link, event.seq > reader.seq {
            if event.type == .inventoryUpdated, let location = event.location { changes[location] = event.seq }
            if event.type == .stockAlert, event.isMarked, let location = event.location { alerts[location] = event.seq }
            link = try reader.before(event, of: id)
        }
        end = .link(link)
    }

    /// What the catalogue's first events after the moment say of a variant.
    private struct Fate {
        var wasCreated = false
        var removal: (seq: UInt64, change: CatalogueChanged)?
        var previousSKU: String?

        init() {}

        init(of id: VariantID, _ reader: PastReader) throws {
            let select = try RawStatement(
                """
                SELECT \(EventTable.columns) FROM events
                WHERE seq IN (
                    SELECT seq FROM item_events INDEXED BY item_events_by_variant
                    WHERE variant = ? AND type = 4 AND seq > ? AND kind <> \(ItemEvents.Kind.other.rawValue))
                ORDER BY seq
                """, reader.db)
            select.bind(id.rawValue, at: 1)
            select.bind(reader.seq, at: 2)
            try select.forEachRow { row in
                guard !wasCreated, removal == nil, case .catalogueChanged(let change) = try EventTable.envelope(row).event().body
                else {
                    return
                }
                switch change.change {
                case .created: wasCreated = true
                case .removed: removal = (UInt64(bitPattern: row.integer(0)), change)
                case .updated: previousSKU = previousSKU ?? change.values.previousSKU
                }
            }
        }
    }
}

extension PastReader {
    func variant(_ id: VariantID) throws -> PastVariant? {
        try PastVariant(id, current: current("v.id = ?", id.rawValue), self)
    }

    /// The id of the variant that had a SKU: the one that has it now, or one that has given it up since.
    func variant(withSKU sku: String) throws -> PastVariant? {
        var name = JSONWriter()
        name.object { $0.member("previousSku", sku) }
        let select = try db.cachedStatement(
            sql: """
                SELECT DISTINCT variant FROM events
                WHERE seq IN (
                    SELECT seq FROM item_events INDEXED BY item_events_by_kind
                    WHERE kind IN (\(ItemEvents.Kind.removal.rawValue), \(ItemEvents.Kind.renaming.rawValue)) AND seq > ?)
                    AND variant IS NOT NULL AND (sku = ? OR instr(json, CAST(? AS BLOB)) > 0)
                """)
        let given = try Int64.fetchAll(
            select, arguments: [Int64(seq), sku, String(decoding: name.bytes.dropFirst().dropLast(), as: UTF8.self)])
        let holder = try current("v.sku = ?", sku)
        for id in Set(given.map { VariantID($0) } + [holder?.id].compactMap { $0 }) {
            if let variant = try variant(id), variant.sku == sku { return variant }
        }
        return nil
    }

    private func current(_ condition: String, _ argument: some DatabaseValueConvertible) throws -> PastVariant.Current? {
        let select = try db.cachedStatement(
            sql: "SELECT \(PastVariant.Current.columns) FROM variants v JOIN stock k ON k.variant = v.id WHERE \(condition)")
        return try Row.fetchOne(select, arguments: [argument]).map { PastVariant.Current($0) }
    }

    /// The last event of a variant up to the moment.
    func last(of variant: PastVariant) throws -> Link? {
        switch variant.end {
        case .link(let link): link
        case .newest(let seq): try newest(seq, of: variant.id)
        }
    }

    // MARK: Units

    /// A variant's units at a location. `now` is the current balance of a variant that still exists, and `arrived` the event that made
    /// it, as far as it is known. `nil` if the variant had never been there.
    func balance(of variant: PastVariant, at location: String, now: Balance?, arrived: UInt64?) throws -> Balance? {
        guard let changed = variant.changes[location] else { return try now ?? lastBalance(of: variant, at: location) }
        guard let before = try change(changed).balanceBefore else { return try lastBalance(of: variant, at: location) }
        if before.onHand != 0 || before.reserved != 0 || before.details != nil { return before }
        if let arrived { return seq >= arrived ? before : nil }
        return try lastBalance(of: variant, at: location) == nil ? nil : before
    }

    /// The units that the last event at a location up to the moment has left there.
    private func lastBalance(of variant: PastVariant, at location: String) throws -> Balance? {
        var link = try last(of: variant)
        while let event = link {
            if event.moves(at: location) { return try change(event.seq).balance }
            if event.isCreation { return nil }
            link = try before(event, of: variant.id)
        }
        return try StateTables(.base).balances(of: variant.id, withRemoved: true, db).first { $0.location == location }
    }
}
