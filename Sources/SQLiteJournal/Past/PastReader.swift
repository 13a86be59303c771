import GRDB
import TallywireCore
import TallywireEngine

/// Reads what was so right after an event, in one transaction, from the current tables back.
///
/// A balance that has not changed since is the current one. Of one that has changed, the first event after the moment says how: the
/// units before that event are those after it, less its own change. So the cost is that of following the chains of the variants that
/// were asked for, back to the moment. ``PastVariant`` says what became of one variant since.
final class PastReader {
    /// The last event that is in what is read.
    let seq: UInt64
    /// The first event that is kept, and the first that names the one before it.
    let first: UInt64
    private let chained: UInt64
    let last: UInt64
    let db: Database
    /// How many events may be read, and how many of them still may.
    private let limit: Int
    private var budget: Int
    private var locations: [String: Bool] = [:]

    /// Where the time of the last deleted event stands in ``Meta``.
    static let baseTime = "base_time"

    init(at seq: UInt64, limit: Int = Limits.eventsPerPast, _ db: Database) throws {
        (self.limit, budget) = (limit, limit)
        self.seq = seq
        self.db = db
        (first, last) = (try Meta.first(db), try Meta.seq(db))
        chained = UInt64(try Meta.integer("chained", db))
        guard seq <= last else { throw PastError.notYet(last: last) }
        let oldest = try Self.oldest(first: first, last: last, db)
        guard seq >= oldest.seq else { throw PastError.notKept(oldest: oldest) }
    }

    // MARK: Moments

    /// What retention has deleted is in the base, up to the event before the first one that is kept.
    private static func oldest(first: UInt64, last: UInt64, _ db: Database) throws -> OldestMoment {
        guard first > 1 else { return OldestMoment(seq: min(1, last), timestamp: try time(of: 1, db)) }
        let base = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [baseTime])
        return OldestMoment(seq: first - 1, timestamp: base.map { Timestamp(milliseconds: $0) })
    }

    private static func time(of seq: UInt64, _ db: Database) throws -> Timestamp? {
        let select = try db.cachedStatement(sql: "SELECT at FROM events WHERE seq = ?")
        return try Int64.fetchOne(select, arguments: [Int64(clamping: seq)]).map { Timestamp(milliseconds: $0) }
    }

    /// The last event that bears `time` or an earlier one. Times fall only where ``Ages`` has noted it; between two such events they
    /// are searched by halves.
    static func event(at time: Timestamp, _ db: Database) throws -> UInt64 {
        let (first, last) = (try Meta.first(db), try Meta.seq(db))
        let steps = try Int64.fetchAll(
            db, sql: "SELECT seq FROM clock_steps WHERE seq > ? ORDER BY seq DESC", arguments: [Int64(first)])
        var end = last
        for start in steps.map({ UInt64($0) }) + [first] where start <= end {
            defer { end = start - 1 }
            guard let begin = try Self.time(of: start, db), begin <= time else { continue }
            var (low, high) = (start, end)
            while low < high {
                let middle = high - (high - low) / 2
                if let at = try Self.time(of: middle, db), at <= time { low = middle } else { high = middle - 1 }
            }
            return low
        }
        let oldest = try oldest(first: first, last: last, db)
        guard first > 1, let base = oldest.timestamp, base <= time else { throw PastError.notKept(oldest: oldest) }
        return oldest.seq
    }

    // MARK: Events

    /// What following a chain has to know of an event.
    struct Link {
        let seq: UInt64
        let type: EventType?
        let location: String?
        /// Whether the event created the variant, or is an alert of one location.
        let isMarked: Bool
        fileprivate let previous: UInt64?

        /// Whether the event changed units at `code`.
        func moves(at code: String) -> Bool { type == .inventoryUpdated && location == code }
        var isCreation: Bool { type == .catalogueChanged && isMarked }
    }

    /// Counts events that are read.
    func spend(_ count: Int) throws {
        budget -= count
        guard budget >= 0 else {
            let oldest = max(seq, last - min(last, UInt64(limit)))
            throw PastError.tooFar(oldest: OldestMoment(seq: oldest, timestamp: try Self.time(of: oldest, db)))
        }
    }

    /// The event `seq` of a variant; `nil` if it is no longer kept.
    func link(_ seq: UInt64?) throws -> Link? {
        guard let seq, seq >= first else { return nil }
        try spend(1)
        let select = try RawStatement(
            """
            SELECT type, location, previous, CASE type WHEN 4 THEN \(ItemEvents.isCreation)
                WHEN 2 THEN \(ItemEvents.holds(#""scope":"location""#)) ELSE 0 END FROM events WHERE seq = ?
            """, db)
        select.bind(seq, at: 1)
        var link: Link?
        try select.forEachRow { row in
            link = Link(
                seq: seq, type: EventType(number: Int(row.integer(0))), location: row.textIfPresent(1),
                isMarked: row.integer(3) != 0,
                previous: row.integerIfPresent(2).map { UInt64(bitPattern: $0) })
        }
        return link
    }

    /// The event of `variant` before `link`. Events of versions without a chain are looked through.
    func before(_ link: Link, of variant: VariantID) throws -> Link? {
        if let previous = link.previous { return try self.link(previous) }
        return try lastUnchained(of: variant, before: link.seq)
    }

    /// The last event of `variant`, which is the event `seq` if that is known.
    func newest(_ seq: UInt64?, of variant: VariantID) throws -> Link? {
        try seq.map { try link($0) } ?? lastUnchained(of: variant, before: last + 1)
    }

    private func lastUnchained(of variant: VariantID, before seq: UInt64) throws -> Link? {
        let end = min(seq, chained)
        guard end > first else { return nil }
        let found = try Int64.fetchOne(
            db, sql: "SELECT max(seq) FROM events WHERE seq >= ? AND seq < ? AND variant = ?",
            arguments: [Int64(first), Int64(end), variant.rawValue])
        return try link(found.map { UInt64($0) })
    }

    /// The event `seq`, which is kept.
    func event(_ seq: UInt64) throws -> Event {
        var event: EventEnvelope?
        let select = try RawStatement("SELECT \(EventTable.columns) FROM events WHERE seq = ?", db)
        select.bind(seq, at: 1)
        try select.forEachRow { event = try EventTable.envelope($0) }
        guard let event else { throw JournalError(.damaged, "event \(seq) of the journal is missing") }
        return try event.event()
    }

    /// The change of units that the event `seq` is about.
    func change(_ seq: UInt64) throws -> StockChange {
        guard case .inventoryUpdated(let update) = try event(seq).body, let change = update.stockChange else {
            throw JournalError(.damaged, "event \(seq) of the journal has a location and changes no units")
        }
        return change
    }

    // MARK: Locations

    func hasLocation(_ code: String) throws -> Bool {
        if let known = locations[code] { return known }
        // The first creation or removal since says what was so before it.
        let select = try RawStatement(
            """
            SELECT i.kind FROM item_events i INDEXED BY item_events_by_variant JOIN events e ON e.seq = i.seq
            WHERE i.variant IS NULL AND i.type = 4 AND i.product IS NULL AND i.seq > ? AND e.location = ?
                AND i.kind IN (\(ItemEvents.Kind.creation.rawValue), \(ItemEvents.Kind.removal.rawValue))
            ORDER BY i.seq LIMIT 1
            """, db)
        select.bind(seq, at: 1)
        select.bind(code, at: 2)
        var has: Bool?
        try select.forEachRow { has = $0.integer(0) == ItemEvents.Kind.removal.rawValue }
        let isThere = "SELECT EXISTS (SELECT 1 FROM locations WHERE code = ?)"
        let answer = try has ?? Bool.fetchOne(db, sql: isThere, arguments: [code]) ?? false
        locations[code] = answer
        return answer
    }
}
