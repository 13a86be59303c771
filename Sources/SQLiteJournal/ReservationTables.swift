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
        try RawStatement("SELECT \(columns), holds FROM \(prefix)reservations ORDER BY number", db).forEachRow {
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
        return reservations.sorted { $0.number < $1.number }
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
        var holds = HoldsWriter()
        for case let reservation? in changes.map(\.after) where reservation.status == .held {
            bind(reservation, to: upsert)
            holds.write(reservation.holds)
            try upsert.execute(with: holds.bytes, at: 6)
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
        var holds = HoldsWriter()
        for (offset, reservation) in ended.enumerated() {
            bind(reservation, to: insert)
            insert.bind(reservation.status.number, at: 7)
            insert.bind(passed.milliseconds, at: 8)
            insert.bind(first + Int64(offset), at: 9)
            holds.write(reservation.holds)
            try insert.execute(with: holds.bytes, at: 6)
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
        let list = row.withBytes(holds) { bytes in
            var reader = HoldsReader(bytes)
            return reader.holds()
        }
        guard let status, let list else {
            throw JournalError(.damaged, "the reservation “\(id.excerpt)” of the journal cannot be read: restore a backup")
        }
        return Reservation(
            id: id, number: UInt64(bitPattern: row.integer(0)), reference: row.textIfPresent(2),
            createdAt: Timestamp(milliseconds: row.integer(3)), expiresAt: Timestamp(milliseconds: row.integer(4)), status: status,
            holds: list)
    }
}

/// The holds of a reservation as a blob, which is read without a parser: a start reads up to a million of them.
///
/// Each hold is nine values, one after the other: product, variant, whether it is a default variant, SKU, location, and the four
/// counts of units. A number is seven bits a byte, the lowest first, with the high bit set where more follow. A text is its length
/// in bytes of UTF-8, as a number, and those bytes.
private struct HoldsWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ holds: [Reservation.Hold]) {
        bytes.removeAll(keepingCapacity: true)
        for hold in holds {
            write(hold.product.rawValue)
            write(hold.variant.rawValue)
            write(hold.isDefaultVariant ? 1 : 0)
            write(hold.sku)
            write(hold.location)
            for units in [hold.quantity, hold.captured, hold.released, hold.short] { write(units) }
        }
    }

    private mutating func write(_ number: Int64) {
        var rest = UInt64(bitPattern: number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func write(_ text: String) {
        write(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what ``HoldsWriter`` wrote. Every read is `nil` where the bytes are not such a blob.
private struct HoldsReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func holds() -> [Reservation.Hold]? {
        var holds: [Reservation.Hold] = []
        while position < bytes.count {
            guard let product = number(), let variant = number(), let isDefault = number(), let sku = text(), let location = text(),
                let quantity = number(), let captured = number(), let released = number(), let short = number()
            else { return nil }
            holds.append(
                Reservation.Hold(
                    product: ProductID(product), variant: VariantID(variant), isDefaultVariant: isDefault == 1, sku: sku,
                    location: location, quantity: quantity, captured: captured, released: released, short: short))
        }
        return holds.isEmpty ? nil : holds
    }

    private mutating func number() -> Int64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: number) }
        }
        return nil
    }

    private mutating func text() -> String? {
        guard let count = number(), count >= 0, count <= bytes.count - position else { return nil }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<position + Int(count)], as: UTF8.self)
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
