import Foundation
import GRDB
import TallywireCore
import TallywireEngine

/// The rows of counts: those that have not ended with the other values of the state, line by line, and the ended ones as a whole.
///
/// `head` is a count without its lines, in the format of answers.
enum CountTables {
    // MARK: Counts that have not ended, current ones and those of the base

    static func load(_ prefix: String, _ db: Database) throws -> [StockCount] {
        try load("\(prefix)counts ORDER BY number", nil, prefix, db)
    }

    /// The counts with these ids, as far as they have not ended.
    static func load(_ ids: some Sequence<String>, _ prefix: String, _ db: Database) throws -> [StockCount] {
        try ids.flatMap { try load("\(prefix)counts WHERE id = ?", $0, prefix, db) }
    }

    private static func load(_ selection: String, _ id: String?, _ prefix: String, _ db: Database) throws -> [StockCount] {
        let select = try RawStatement("SELECT head FROM \(selection)", db)
        if let id { select.bind(id, at: 1) }
        var counts: [StockCount] = []
        try select.forEachRow { counts.append(try count($0.bytes(0))) }
        for index in counts.indices { counts[index].lines = try lines(of: counts[index], prefix, db) }
        return counts
    }

    private static func lines(of count: StockCount, _ prefix: String, _ db: Database) throws -> [StockCount.Line] {
        let select = try RawStatement(
            """
            SELECT product, variant, is_default, sku, counted, at, parts, since FROM \(prefix)count_lines WHERE count = ?
            ORDER BY variant
            """, db)
        select.bind(count.number, at: 1)
        var lines: [StockCount.Line] = []
        try select.forEachRow { row in
            lines.append(
                StockCount.Line(
                    product: ProductID(row.integer(0)), variant: VariantID(row.integer(1)), isDefaultVariant: row.integer(2) != 0,
                    sku: row.text(3), counted: row.integer(4), countedAt: Timestamp(milliseconds: row.integer(5)),
                    parts: row.integer(6), since: UInt64(bitPattern: row.integer(7))))
        }
        return lines
    }

    /// Writes the counts and lines that changed, and removes counts that have ended.
    static func store(_ changes: [StateChanges.Change<StockCount>], _ prefix: String, _ db: Database) throws {
        guard !changes.isEmpty else { return }
        for change in changes {
            let after = change.after.flatMap { $0.status.hasEnded ? nil : $0 }
            guard let number = (after ?? change.before)?.number else { continue }
            if let after {
                if change.before?.status != after.status { try storeHead(of: after, prefix, db) }
            } else {
                let delete = try RawStatement("DELETE FROM \(prefix)counts WHERE number = ?", db)
                delete.bind(number, at: 1)
                try delete.execute()
            }
            try storeLines(of: number, change.before?.lines ?? [], after?.lines ?? [], prefix, db)
        }
    }

    private static func storeHead(of count: StockCount, _ prefix: String, _ db: Database) throws {
        let replace = try RawStatement(
            "INSERT OR REPLACE INTO \(prefix)counts (number, id, location, status, head) VALUES (?, ?, ?, ?, ?)", db)
        bind(count, to: replace)
        try replace.execute(with: count.head.json, at: 5)
    }

    private static func storeLines(
        of number: UInt64, _ before: [StockCount.Line], _ after: [StockCount.Line], _ prefix: String, _ db: Database
    ) throws {
        let known = Dictionary(uniqueKeysWithValues: before.map { ($0.variant, $0) })
        let replace = try RawStatement(
            """
            INSERT OR REPLACE INTO \(prefix)count_lines (count, variant, product, is_default, sku, counted, at, parts, since)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, db)
        for line in after where known[line.variant] != line {
            replace.bind(number, at: 1)
            replace.bind(line.variant.rawValue, at: 2)
            replace.bind(line.product.rawValue, at: 3)
            replace.bind(line.isDefaultVariant ? 1 : 0 as Int64, at: 4)
            replace.bind(line.sku, at: 5)
            replace.bind(line.counted, at: 6)
            replace.bind(line.countedAt.milliseconds, at: 7)
            replace.bind(line.parts, at: 8)
            replace.bind(line.since, at: 9)
            try replace.execute()
        }
        let delete = try RawStatement("DELETE FROM \(prefix)count_lines WHERE count = ? AND variant = ?", db)
        for gone in Set(known.keys).subtracting(after.map(\.variant)) {
            delete.bind(number, at: 1)
            delete.bind(gone.rawValue, at: 2)
            try delete.execute()
        }
    }

    // MARK: Ended counts

    /// Writes the counts that ended with `changes`, and deletes the oldest of too many.
    static func insertEnded(_ changes: [StateChanges.Change<StockCount>], at passed: Timestamp, _ db: Database) throws {
        let ended = changes.compactMap(\.after).filter(\.status.hasEnded)
        guard !ended.isEmpty else { return }
        let insert = try RawStatement(
            "INSERT INTO ended_counts (number, id, location, status, head, passed, lines, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            db)
        for count in ended {
            bind(count, to: insert)
            insert.bind(blob: count.head.json, at: 5)
            insert.bind(passed.milliseconds, at: 6)
            insert.bind(Int64(count.lines.count), at: 7)
            try insert.execute(with: count.json, at: 8)
        }
        try db.execute(
            sql: "DELETE FROM ended_counts WHERE number <= (SELECT number FROM ended_counts ORDER BY number DESC LIMIT 1 OFFSET ?)",
            arguments: [Limits.endedCounts])
    }

    /// Deletes counts that ended before a time, at most so many, and returns how many.
    static func prune(before passed: Int64, limit: Int, _ db: Database) throws -> Int {
        try db.execute(
            sql:
                "DELETE FROM ended_counts WHERE number IN (SELECT number FROM ended_counts WHERE passed < ? ORDER BY passed LIMIT ?)",
            arguments: [passed, limit])
        return db.changesCount
    }

    /// The count `id` that ended last.
    static func ended(_ id: String, _ db: Database) throws -> StockCount? {
        let select = try RawStatement("SELECT count FROM ended_counts WHERE id = ? ORDER BY number DESC LIMIT 1", db)
        select.bind(id, at: 1)
        var found: StockCount?
        try select.forEachRow { found = try count($0.bytes(0)) }
        return found
    }

    // MARK: Lists

    /// The count `id`, also if it has ended. What is expected of the lines is known by the events.
    static func read(_ id: String, _ db: Database) throws -> StockCount? {
        guard var count = try load([id], StateTables(.current).prefix, db).first else { return try ended(id, db) }
        let tables = StateTables(.current)
        var since = ChangesSince()
        for index in count.lines.indices {
            let line = count.lines[index]
            guard
                let change = try ChangesSince.known({
                    try since.change(of: line.variant, at: count.location, since: line.countedAt) {
                        try HistoryReader.page($0, db)
                    }
                })
            else { continue }
            let balance = try tables.balances(of: line.variant, db).first { $0.location == count.location }
            count.lines[index].expect(balance, change: change)
        }
        return count
    }

    static func page(_ query: CountQuery, _ db: Database) throws -> [CountRecord] {
        var found: [CountRecord] = []
        let lines = "(SELECT count(*) FROM count_lines l WHERE l.count = counts.number)"
        if query.status?.hasEnded != true { found += try page(of: "counts", lines, query, db) }
        if query.status?.hasEnded != false { found += try page(of: "ended_counts", "lines", query, db) }
        return Array(found.sorted { $0.count.number > $1.count.number }.prefix(query.limit))
    }

    private static func page(of table: String, _ lines: String, _ query: CountQuery, _ db: Database) throws -> [CountRecord] {
        var sql = "SELECT head, \(lines) FROM \(table) WHERE number < ?1"
        if query.location != nil { sql += " AND location = ?3" }
        if let status = query.status { sql += " AND status = \(status.number)" }
        let select = try RawStatement(sql + " ORDER BY number DESC LIMIT ?2", db)
        select.bind(query.before.map { Int64(clamping: $0) } ?? .max, at: 1)
        select.bind(Int64(query.limit), at: 2)
        if let location = query.location { select.bind(location, at: 3) }
        var found: [CountRecord] = []
        try select.forEachRow { found.append(CountRecord(try count($0.bytes(0)), lines: Int($0.integer(1)))) }
        return found
    }

    // MARK: Rows

    private static func bind(_ count: StockCount, to statement: RawStatement) {
        statement.bind(count.number, at: 1)
        statement.bind(count.id, at: 2)
        statement.bind(count.location, at: 3)
        statement.bind(count.status.number, at: 4)
    }

    private static func count(_ json: [UInt8]) throws -> StockCount {
        do {
            return try JSONDecoder().decode(StockCount.self, from: Data(json))
        } catch {
            throw JournalError(.damaged, "a count of the journal cannot be read: restore a backup (\(error))")
        }
    }
}

extension StockCount {
    /// The count without its lines.
    fileprivate var head: StockCount { StockCount(terms: terms, status: status, by: by, at: at) }

    fileprivate var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

extension StockCount.Status {
    /// The number that stands in journals and never changes.
    fileprivate var number: Int64 {
        switch self {
        case .open: 0
        case .closed: 1
        case .posted: 2
        case .void: 3
        }
    }
}
