import GRDB
import TallywireCore
import TallywireEngine

/// The rows of events. `type` and `level` are small numbers whose meaning never changes. The column `sku` of a
/// `reservation_changed` has the id of the reservation: such an event has no SKU of its own.
enum EventTable {
    static let columns = "seq, at, type, product, variant, sku, location, level, json"

    /// Writes a batch. `previous` has for each event the one before it; see ``LastEvents``.
    static func insert(_ events: [EventEnvelope], previous: [UInt64?], _ db: Database) throws {
        guard let first = events.first, let last = events.last else { return }
        var hasItemEvents = false
        let insert = try RawStatement("INSERT INTO events (\(columns), previous) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", db)
        for (event, previous) in zip(events, previous) {
            insert.bind(event.seq, at: 1)
            insert.bind(event.timestamp.milliseconds, at: 2)
            insert.bind(Int64(event.type.number), at: 3)
            insert.bind(event.subject.product?.rawValue, at: 4)
            insert.bind(event.subject.variant?.rawValue, at: 5)
            insert.bind(event.subject.sku ?? event.subject.reservation, at: 6)
            insert.bind(event.location, at: 7)
            insert.bind(event.subject.level?.number, at: 8)
            insert.bind(previous.map { Int64(bitPattern: $0) }, at: 10)
            try insert.execute(with: event.json, at: 9)
            if ItemEvents.includes(event) { hasItemEvents = true }
        }
        if hasItemEvents { try ItemEvents.note(from: first.seq, db) }
        try Meta.set("seq", Int64(last.seq), db)
    }

    static func read(after seq: UInt64, limit: Int, maxBytes: Int, _ db: Database) throws -> [EventEnvelope] {
        let select = try RawStatement("SELECT \(columns) FROM events WHERE seq > ? ORDER BY seq LIMIT ?", db)
        select.bind(Int64(clamping: seq), at: 1)
        select.bind(Int64(limit), at: 2)
        var events: [EventEnvelope] = []
        var bytes = 0
        try select.forEachRow { row in
            guard bytes <= maxBytes else { return }
            let event = try envelope(row)
            bytes += event.json.count
            if events.isEmpty || bytes <= maxBytes { events.append(event) }
        }
        return events
    }

    /// The newest change of stock or of an open count by `source` that reverses nothing; see `Journal`. Only events whose JSON names the
    /// source are decoded.
    static func newestChange(
        by source: String, since time: Timestamp, among limit: Int, _ db: Database
    ) throws -> EventEnvelope? {
        let select = try RawStatement(
            """
            SELECT \(columns) FROM events WHERE seq > ? AND seq <= ? AND at >= ?
                AND (type = ? AND instr(json, CAST(? AS BLOB)) > 0 OR type = ? AND instr(json, CAST(? AS BLOB)) > 0)
            ORDER BY seq DESC
            """, db)
        let firstAt = try db.cachedStatement(sql: "SELECT at FROM events WHERE seq = ?")
        func text(_ member: StaticString) -> String {
            var json = JSONWriter()
            json.object { $0.member(member, source) }
            return String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
        }
        var end = try Meta.seq(db)
        let first = max(try Meta.first(db), end - min(end, UInt64(limit)) + 1)
        while end >= first {
            let start = max(first, end - min(end, page) + 1)
            select.bind(start - 1, at: 1)
            select.bind(end, at: 2)
            select.bind(time.milliseconds, at: 3)
            select.bind(Int64(EventType.inventoryUpdated.number), at: 4)
            select.bind(text("source"), at: 5)
            select.bind(Int64(EventType.countChanged.number), at: 6)
            select.bind(text("by"), at: 7)
            var found: EventEnvelope?
            try select.forEachRow { row in
                guard found == nil else { return }
                let event = try envelope(row)
                if try event.movement(of: source) != nil { found = event }
            }
            let oldest = try Int64.fetchOne(firstAt, arguments: [Int64(start)]) ?? .min
            if let found { return found }
            guard oldest >= time.milliseconds else { return nil }
            end = start - 1
        }
        return nil
    }

    /// How many events ``newestChange(by:since:among:_:)`` looks at before it asks how old they are.
    private static let page: UInt64 = 1_000

    static func envelope(_ row: RawRow) throws -> EventEnvelope {
        let seq = UInt64(bitPattern: row.integer(0))
        guard let type = EventType(number: Int(truncatingIfNeeded: row.integer(2))) else {
            throw JournalError(
                .damaged, "event \(seq) of the journal is of no known type: the file is damaged or of a newer version")
        }
        let location = row.textIfPresent(6)
        let name = row.textIfPresent(5)
        let json = row.bytes(8)
        // The row of an alert of the total has a location that is not the alert's own.
        let isNamed = type != .stockAlert || location != nil && EventEnvelope.isOfLocation(alert: json)
        return EventEnvelope(
            seq: seq, timestamp: Timestamp(milliseconds: row.integer(1)), type: type,
            subject: EventEnvelope.Subject(
                product: row.integerIfPresent(3).map { ProductID($0) }, variant: row.integerIfPresent(4).map { VariantID($0) },
                sku: type == .reservationChanged ? nil : name, location: isNamed ? location : nil,
                level: row.integerIfPresent(7).flatMap { StockLevel(number: $0) },
                reservation: type == .reservationChanged ? name : nil),
            location: location, json: json)
    }
}

extension StockLevel {
    var number: Int64 {
        switch self {
        case .ok: 0
        case .low: 1
        case .out: 2
        }
    }

    init?(number: Int64) {
        guard let level = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = level
    }
}
