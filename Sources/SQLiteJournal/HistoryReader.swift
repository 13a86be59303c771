import GRDB
import TallywireCore
import TallywireEngine

/// Reads events from the newest backwards, in one transaction.
///
/// Each event of a variant names the one before it (`previous`), and `stock.last_event` names the last one. So a variant's history
/// is read step by step. The cost grows with that history and not with the journal, and no index is needed. An index on variants in
/// random order would touch as many pages as a batch has events, and made writing 2.3 times slower in a measurement. Events of
/// earlier versions, which have no `previous`, are scanned.
struct HistoryReader {
    private let query: HistoryQuery
    private let db: Database
    private var builder: HistoryPageBuilder

    static func page(_ query: HistoryQuery, _ db: Database) throws -> HistoryPage {
        var reader = HistoryReader(query: query, db: db, builder: HistoryPageBuilder(query))
        try reader.read()
        return reader.builder.page
    }

    private mutating func read() throws {
        let first = try Meta.first(db)
        var end = min(query.before ?? .max, try Meta.seq(db) + 1)
        if let variant = query.variant {
            let chained = UInt64(try Meta.integer("chained", db))
            if end > chained { try walk(variant, chained) }
            end = min(end, chained)
        }
        try scan(from: max(first, query.after + 1), to: end)
    }

    /// Follows `previous` from each event of the variant to the one before, as far as there is one.
    private mutating func walk(_ variant: VariantID, _ chained: UInt64) throws {
        let select = try RawStatement("SELECT \(EventTable.columns), previous FROM events WHERE seq = ?", db)
        var next = try start(variant, chained)
        while let seq = next, seq >= chained, !builder.isFull {
            next = nil
            select.bind(seq, at: 1)
            try select.forEachRow { row in
                let event = try EventTable.envelope(row)
                try builder.look(at: event)
                next = row.integerIfPresent(9).map { UInt64(bitPattern: $0) }
                if builder.isTooOld, try lastStep(upTo: event.seq) == nil { builder.end() }
            }
        }
    }

    /// The variant's last event before ``HistoryQuery/before``. `nil` if there is none, or if the page ends because so many events
    /// had to be scanned.
    private mutating func start(_ variant: VariantID, _ chained: UInt64) throws -> UInt64? {
        let last = try Int64.fetchOne(db, sql: "SELECT last_event FROM stock WHERE variant = ?", arguments: [variant.rawValue])
        guard let before = query.before, let last, UInt64(bitPattern: last) >= before else {
            return last.map { UInt64(bitPattern: $0) }
        }
        // The usual case after a page, since a page ends with an event of the variant.
        let sql = "SELECT previous FROM events WHERE seq = ? AND variant = ?"
        if let row = try Row.fetchOne(db, sql: sql, arguments: [Int64(clamping: before), variant.rawValue]) {
            return (row[0] as Int64?).map { UInt64(bitPattern: $0) }
        }
        let lowest = max(chained, try Meta.first(db), before - min(before, UInt64(builder.budget)))
        let found = try Int64.fetchOne(
            db, sql: "SELECT max(seq) FROM events WHERE seq >= ? AND seq < ? AND variant = ?",
            arguments: [Int64(clamping: lowest), Int64(clamping: before), variant.rawValue])
        if found == nil, lowest < before { builder.pass(Int(before - lowest), downTo: lowest) }
        return found.map { UInt64(bitPattern: $0) }
    }

    /// The last event up to `seq` whose time is before that of the event before it; `nil` if there is none. From that event up to
    /// `seq`, times do not go backwards.
    private func lastStep(upTo seq: UInt64) throws -> UInt64? {
        let select = try RawStatement("SELECT max(seq) FROM clock_steps WHERE seq <= ?", db)
        select.bind(Int64(clamping: seq), at: 1)
        var step: UInt64?
        try select.forEachRow { step = $0.integerIfPresent(0).map { UInt64($0) } }
        return step
    }

    /// Scans the events of a range, which have no gap, as far as the page allows. If an event is too old, so are all events before
    /// it, back to the point where the clock was set back: the scan continues before that point.
    private mutating func scan(from first: UInt64, to end: UInt64) throws {
        var end: UInt64? = end
        while let next = end { end = try scanOnce(from: first, to: next) }
    }

    /// Returns where to continue; `nil` if the page is complete or there is no older event.
    private mutating func scanOnce(from first: UInt64, to end: UInt64) throws -> UInt64? {
        guard !builder.isFull else { return nil }
        guard first < end else {
            builder.end()
            return nil
        }
        var step: UInt64??
        let lowest = max(first, end - min(end, UInt64(builder.budget)))
        var filter = ""
        if query.variant != nil { filter += " AND variant = ?3" }
        if let types = query.types { filter += " AND type IN (\(types.map { "\($0.number)" }.joined(separator: ", ")))" }
        let select = try db.cachedStatement(
            sql:
                "SELECT \(EventTable.columns) FROM events WHERE seq >= ?1 AND seq < ?2\(filter) ORDER BY seq DESC LIMIT \(query.limit)"
        )
        var arguments: [Int64] = [Int64(clamping: lowest), Int64(clamping: end)]
        if let variant = query.variant { arguments.append(variant.rawValue) }
        try select.setArguments(StatementArguments(arguments))
        var last = end
        var rows = 0
        try RawStatement(select, db).forEachRow { row in
            guard !builder.isFull, step == nil else { return }
            rows += 1
            let event = try EventTable.envelope(row)
            // Events that the filter left out were looked at too.
            builder.pass(Int(last - event.seq) - 1, downTo: event.seq + 1)
            if !builder.isFull { try builder.look(at: event) }
            last = event.seq
            if builder.isTooOld { step = .some(try lastStep(upTo: event.seq)) }
        }
        guard !builder.isFull else { return nil }
        if let step {
            if step == nil { builder.end() }
            return step
        }
        if rows == query.limit {
            builder.stop(before: last)
        } else if lowest == first {
            builder.end()
        } else {
            builder.pass(Int(last - lowest), downTo: lowest)
        }
        return nil
    }
}

extension SQLiteJournal {
    public func history(_ query: HistoryQuery) async throws -> HistoryPage {
        try await wrapping { try await pool.read { db in try HistoryReader.page(query, db) } }
    }

    public func historyForWriter(_ query: HistoryQuery) throws -> HistoryPage {
        // One transaction, so that a commit meanwhile is seen as a whole or not at all.
        try wrapping { try lookUps.read { db in try HistoryReader.page(query, db) } }
    }
}
