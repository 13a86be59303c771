import GRDB
import TallywireCore
import TallywireEngine

/// The rows of reservations: the open ones with the other values of the state, and the ended ones in the order of their ends, which
/// are deleted after a while like answers.
enum ReservationTables {
    private static let columns = "number, id, reference, created, expires"

    // MARK: Open reservations, current ones and those of the base

    static func load(_ prefix: String, _ db: Database) throws -> [Reservation] {
        var reservations: [Reservation] = []
        try RawStatement("SELECT \(columns), holds FROM \(prefix)reservations", db).forEachRow {
            reservations.append(try reservation($0, .held, holds: 5))
        }
        return reservations
    }

    /// The reservations with these ids, as far as they are open.
    static func load(_ ids: some Sequence<String>, _ prefix: String, _ db: Database) throws -> [Reservation] {
        let select = try RawStatement("SELECT \(columns), holds FROM \(prefix)reservations WHERE id = ?", db)
        var reservations: [Reservation] = []
        for id in ids {
            select.bind(id, at: 1)
            try select.forEachRow { reservations.append(try reservation($0, .held, holds: 5)) }
        }
        return reservations
    }

    /// Writes the open reservations that changed, and removes those that have ended.
    static func store(_ changes: [StateChanges.Change<Reservation>], _ prefix: String, _ db: Database) throws {
        guard !changes.isEmpty else { return }
        let delete = try RawStatement("DELETE FROM \(prefix)reservations WHERE number = ?", db)
        // Before others are made, since an id may be used again.
        for change in changes where change.after?.status != .held {
            guard let before = change.before else { continue }
            delete.bind(before.number, at: 1)
            try delete.execute()
        }
        // The other columns never change.
        let upsert = try RawStatement(
            """
            INSERT INTO \(prefix)reservations (\(columns), holds) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET expires = excluded.expires, holds = excluded.holds
            """, db)
        var json = JSONWriter()
        for case let reservation? in changes.map(\.after) where reservation.status == .held {
            bind(reservation, to: upsert)
            json.removeAll()
            reservation.writeHolds(to: &json)
            try upsert.execute(with: json.bytes, at: 6)
        }
    }

    // MARK: Ended reservations

    /// The ended reservations for a ``RowIndex``.
    static let endedIndex = "SELECT row, passed, id FROM ended_reservations ORDER BY row"

    /// Appends the reservations that ended with `changes`, and calls `body` with each one's id and row.
    static func insertEnded(
        _ changes: [StateChanges.Change<Reservation>], at passed: Timestamp, _ db: Database, _ body: (String, Int64) -> Void
    ) throws {
        let ended = changes.compactMap(\.after).filter { $0.status != .held }
        guard !ended.isEmpty else { return }
        let insert = try RawStatement(
            "INSERT INTO ended_reservations (\(columns), holds, status, passed, row) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", db)
        let first = (try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(row) FROM ended_reservations")) ?? 0) + 1
        var json = JSONWriter()
        for (offset, reservation) in ended.enumerated() {
            bind(reservation, to: insert)
            insert.bind(reservation.status.number, at: 7)
            insert.bind(passed.milliseconds, at: 8)
            insert.bind(first + Int64(offset), at: 9)
            json.removeAll()
            reservation.writeHolds(to: &json)
            try insert.execute(with: json.bytes, at: 6)
            body(reservation.id, first + Int64(offset))
        }
    }

    /// The reservation `id` that ended last, from the rows that can hold it.
    static func ended(_ id: String, in rows: [Int64], _ db: Database) throws -> Reservation? {
        let select = try RawStatement("SELECT \(columns), holds, status FROM ended_reservations WHERE row = ? AND id = ?", db)
        var last: Reservation?
        for row in rows.sorted(by: >) where last == nil {
            select.bind(row, at: 1)
            select.bind(id, at: 2)
            try select.forEachRow { last = try reservation($0, Reservation.Status(number: $0.integer(6)), holds: 5) }
        }
        return last
    }

    // MARK: Lists

    static func page(_ query: ReservationQuery, _ db: Database) throws -> [Reservation] {
        var found: [Reservation] = []
        if query.status ?? .held == .held { found += try page(of: "reservations", "0", query, db) }
        if query.status != .held { found += try page(of: "ended_reservations", "status", query, db) }
        return Array(found.sorted { $0.number < $1.number }.prefix(query.limit))
    }

    private static func page(of table: String, _ status: String, _ query: ReservationQuery, _ db: Database) throws -> [Reservation]
    {
        var sql = "SELECT \(columns), holds, \(status) FROM \(table) WHERE number > ?1"
        if query.reference != nil { sql += " AND reference = ?3" }
        if query.expiringBefore != nil { sql += " AND expires < ?4" }
        if let wanted = query.status, wanted != .held { sql += " AND status = \(wanted.number)" }
        let select = try RawStatement(sql + " ORDER BY number LIMIT ?2", db)
        select.bind(query.after, at: 1)
        select.bind(Int64(query.limit), at: 2)
        if let reference = query.reference { select.bind(reference, at: 3) }
        if let time = query.expiringBefore { select.bind(time.milliseconds, at: 4) }
        var found: [Reservation] = []
        try select.forEachRow { found.append(try reservation($0, Reservation.Status(number: $0.integer(6)), holds: 5)) }
        return found
    }

    // MARK: Rows

    private static func bind(_ reservation: Reservation, to statement: RawStatement) {
        statement.bind(reservation.number, at: 1)
        statement.bind(reservation.id, at: 2)
        statement.bind(reservation.reference, at: 3)
        statement.bind(reservation.createdAt.milliseconds, at: 4)
        statement.bind(reservation.expiresAt.milliseconds, at: 5)
    }

    private static func reservation(_ row: RawRow, _ status: Reservation.Status?, holds: Int32) throws -> Reservation {
        let id = row.text(1)
        guard let status, let values = try? JSONReader.value(of: row.bytes(holds)).array else {
            throw JournalError(.damaged, "the reservation “\(id.excerpt)” of the journal cannot be read: restore a backup")
        }
        return Reservation(
            id: id, number: UInt64(bitPattern: row.integer(0)), reference: row.textIfPresent(2),
            createdAt: Timestamp(milliseconds: row.integer(3)), expiresAt: Timestamp(milliseconds: row.integer(4)), status: status,
            holds: try values.map { value in
                guard let hold = Reservation.Hold(value) else {
                    throw JournalError(.damaged, "the reservation “\(id.excerpt)” of the journal cannot be read: restore a backup")
                }
                return hold
            })
    }
}

/// Holds as arrays of their values, which are shorter and faster to read than objects: a start reads up to a million of them.
extension Reservation {
    fileprivate func writeHolds(to json: inout JSONWriter) {
        json.array { json in
            for hold in holds {
                json.array { json in
                    json.integer(hold.product.rawValue)
                    json.integer(hold.variant.rawValue)
                    json.bool(hold.isDefaultVariant)
                    json.string(hold.sku)
                    json.string(hold.location)
                    for units in [hold.quantity, hold.captured, hold.released, hold.short] { json.integer(units) }
                }
            }
        }
    }
}

extension Reservation.Hold {
    fileprivate init?(_ value: JSONValue) {
        guard let values = value.array, values.count == 9, let product = values[0].integer, let variant = values[1].integer,
            case .bool(let isDefault) = values[2], let sku = values[3].string, let location = values[4].string,
            let quantity = values[5].integer, let captured = values[6].integer, let released = values[7].integer,
            let short = values[8].integer
        else { return nil }
        self.init(
            product: ProductID(product), variant: VariantID(variant), isDefaultVariant: isDefault, sku: sku, location: location,
            quantity: quantity, captured: captured, released: released, short: short)
    }
}

extension Reservation.Status {
    /// The number that stands in journals and never changes.
    fileprivate var number: Int64 {
        switch self {
        case .held: 0
        case .captured: 1
        case .released: 2
        case .expired: 3
        }
    }

    fileprivate init?(number: Int64) {
        guard let status = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = status
    }
}
