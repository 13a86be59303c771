import GRDB
import TallywireCore
import TallywireEngine

/// How each unit with a serial number was counted last, for as long as the event of that count is kept.
enum SerialTable {
    static func store(_ counts: [SerialCount], _ db: Database) throws {
        guard !counts.isEmpty else { return }
        let upsert = try RawStatement(
            """
            INSERT INTO serials (variant, serial, direction, seq) VALUES (?, ?, ?, ?)
            ON CONFLICT (variant, serial) DO UPDATE SET direction = excluded.direction, seq = excluded.seq
            """, db)
        for count in counts {
            upsert.bind(count.key.variant.rawValue, at: 1)
            upsert.bind(count.key.serial, at: 2)
            upsert.bind(count.direction.rawValue, at: 3)
            upsert.bind(count.seq, at: 4)
            try upsert.execute()
        }
    }

    static func count(of key: SerialCount.Key, _ db: Database) throws -> SerialCount? {
        let select = try RawStatement("SELECT direction, seq FROM serials WHERE variant = ? AND serial = ?", db)
        select.bind(key.variant.rawValue, at: 1)
        select.bind(key.serial, at: 2)
        var count: SerialCount?
        try select.forEachRow { row in
            guard let direction = SerialCount.Direction(rawValue: row.integer(0)) else { return }
            count = SerialCount(key: key, direction: direction, seq: UInt64(bitPattern: row.integer(1)))
        }
        return count
    }

    /// Deletes the counts of events before `first`.
    static func prune(before first: UInt64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM serials WHERE seq < ?", arguments: [Int64(first)])
    }
}
