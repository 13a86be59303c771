import GRDB
import TallywireEngine

/// The cursors of sinks, written with the next batch: with traffic, a cursor costs no flush of its own.
struct Cursors: Sendable {
    private var dirty: [String: UInt64] = [:]
    /// What was taken to be written, and is not known to be on disk yet.
    private var taken: [String: UInt64] = [:]
    private var lastFlush: ContinuousClock.Instant?

    /// The cursor that counts, where it may not be on disk yet.
    func pending(_ name: String) -> UInt64? { dirty[name] ?? taken[name] }

    mutating func set(_ seq: UInt64, of name: String) { dirty[name] = seq }

    /// Takes the cursors that wait to be written. The caller writes them and says so, or puts them back.
    mutating func takeDirty() -> [String: UInt64] {
        defer { dirty.removeAll() }
        taken.merge(dirty) { $1 }
        return dirty
    }

    /// These cursors are on disk, and beside them the `positions` of a batch, which replace whatever waits under their names.
    mutating func written(_ cursors: [String: UInt64], with positions: [String: UInt64] = [:]) {
        for (name, seq) in cursors where taken[name] == seq { taken[name] = nil }
        for name in positions.keys {
            dirty[name] = nil
            taken[name] = nil
        }
    }

    /// Those of `cursors` that still have to be written: not those for which a batch has written something else since they were taken.
    func unwritten(of cursors: [String: UInt64]) -> [String: UInt64] { cursors.filter { taken[$0.key] == $0.value } }

    /// The same, but at most once a second; otherwise returns none. A cursor that waits for longer is worth a flush of its own.
    mutating func takeDue(_ now: ContinuousClock.Instant = .now) -> [String: UInt64] {
        if let lastFlush, now - lastFlush < .seconds(1) { return [:] }
        lastFlush = now
        return takeDirty()
    }

    mutating func putBack(_ cursors: [String: UInt64]) {
        let cursors = unwritten(of: cursors)
        written(cursors)
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

    /// Deletes bookmarks of devices beyond the limit. A device's bookmark contains the time of its last change, so the largest
    /// numbers are the newest.
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
