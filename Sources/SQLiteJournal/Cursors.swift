import GRDB
import TallywireEngine

/// The positions of sinks, written along with the next batch: a position costs no flush of its own while there is traffic.
struct Cursors: Sendable {
    private var dirty: [String: UInt64] = [:]
    private var lastFlush: ContinuousClock.Instant?

    func pending(_ name: String) -> UInt64? { dirty[name] }

    mutating func set(_ seq: UInt64, of name: String) { dirty[name] = seq }

    /// What waits to be written; the caller writes it, or puts it back.
    mutating func takeDirty() -> [String: UInt64] {
        defer { dirty.removeAll() }
        return dirty
    }

    /// The same if the last writing is a second ago: what waits longer than that is worth a flush.
    mutating func takeDue(_ now: ContinuousClock.Instant = .now) -> [String: UInt64] {
        if let lastFlush, now - lastFlush < .seconds(1) { return [:] }
        lastFlush = now
        return takeDirty()
    }

    mutating func putBack(_ cursors: [String: UInt64]) {
        dirty.merge(cursors) { newer, _ in newer }
    }
}

enum CursorTable {
    static func store(_ cursors: [String: UInt64], _ db: Database) throws {
        guard !cursors.isEmpty else { return }
        let upsert = try RawStatement(
            "INSERT INTO cursors (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq", db)
        for (name, seq) in cursors {
            upsert.bind(name, at: 1)
            upsert.bind(seq, at: 2)
            try upsert.execute()
        }
    }

    /// Forgets positions of devices beyond the limit. A device's position holds since when it is as it is, so the largest are the newest.
    static func pruneDevices(_ db: Database) throws {
        let prefix = DevicePositions.prefix
        try db.execute(
            sql: """
                DELETE FROM cursors WHERE name IN (
                    SELECT name FROM cursors WHERE name >= ?1 AND name < ?2 ORDER BY seq DESC, name LIMIT -1 OFFSET ?3)
                """, arguments: [prefix, String(prefix.dropLast()) + ";", DevicePositions.limit])
    }

    static func read(_ name: String, _ db: Database) throws -> UInt64? {
        try Int64.fetchOne(db, sql: "SELECT seq FROM cursors WHERE name = ?", arguments: [name]).map { UInt64(bitPattern: $0) }
    }
}
