import GRDB
import TallywireEngine

/// The rows of a journal's chain: the hash before its first event, that of each 1,024th event, and in a row of its own the last hash
/// that was known when something was committed.
enum ChainTable {
    /// After how many events a hash is kept.
    static let distance: UInt64 = 1_024

    static let creation = """
        CREATE TABLE chain (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL);
        CREATE TABLE chain_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL);
        """

    /// Begins the chain anew before the first event that is there. What a chain was made from before is forgotten.
    static func begin(epoch: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM chain; DELETE FROM chain_head")
        try Meta.set("chain_epoch", epoch, db)
        try Meta.set("chain_begin", Int64(try Meta.first(db) - 1), db)
        try keep(ChainHash(beginningAfter: try Meta.first(db) - 1, epoch: epoch), db)
    }

    /// The epoch with which the chain began, and after which event.
    static func origin(_ db: Database) throws -> (epoch: String, seq: UInt64) {
        let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'chain_epoch'") ?? ""
        return (epoch, UInt64(try Meta.integer("chain_begin", db)))
    }

    static func keep(_ hash: ChainHash, _ db: Database) throws {
        let insert = try RawStatement("INSERT OR REPLACE INTO chain (seq, hash) VALUES (?, ?)", db)
        insert.bind(hash.seq, at: 1)
        try insert.execute(with: hash.bytes, at: 2)
    }

    static func setHead(_ hash: ChainHash, _ db: Database) throws {
        let insert = try RawStatement("INSERT OR REPLACE INTO chain_head (one, seq, hash) VALUES (1, ?, ?)", db)
        insert.bind(hash.seq, at: 1)
        try insert.execute(with: hash.bytes, at: 2)
    }

    static func head(_ db: Database) throws -> ChainHash? { try first("SELECT seq, hash FROM chain_head", nil, db) }

    /// The kept hash that is nearest before `seq`, or of it.
    static func last(through seq: UInt64, _ db: Database) throws -> ChainHash? {
        try first("SELECT seq, hash FROM chain WHERE seq <= ? ORDER BY seq DESC LIMIT 1", seq, db)
    }

    /// All kept hashes, in order.
    static func all(_ db: Database) throws -> [ChainHash] {
        var hashes: [ChainHash] = []
        try RawStatement("SELECT seq, hash FROM chain ORDER BY seq", db).forEachRow { row in hashes.append(hash(row)) }
        return hashes
    }

    /// The hash of an event that is there, made from the nearest that is kept before it.
    static func hash(of seq: UInt64, _ db: Database) throws -> ChainHash {
        guard var hash = try last(through: seq, db) else { throw missing(seq) }
        try extend(&hash, through: seq, limit: .max, db)
        guard hash.seq == seq else { throw missing(hash.seq + 1) }
        return hash
    }

    /// Goes on from `hash` by at most `limit` of the events that are there, and not beyond `seq`. Calls `body` for each new hash.
    static func extend(
        _ hash: inout ChainHash, through seq: UInt64, limit: Int64, _ db: Database, _ body: (ChainHash) throws -> Void = { _ in }
    ) throws {
        let select = try RawStatement("SELECT seq, json FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", db)
        select.bind(hash.seq, at: 1)
        select.bind(Int64(clamping: seq), at: 2)
        select.bind(limit, at: 3)
        try select.forEachRow { row in
            guard UInt64(bitPattern: row.integer(0)) == hash.seq + 1 else { throw missing(hash.seq + 1) }
            row.withBytes(1) { hash.append($0) }
            try body(hash)
        }
    }

    /// The events up to `hash` are about to be deleted.
    static func begin(after hash: ChainHash, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM chain WHERE seq < ?", arguments: [Int64(hash.seq)])
        try keep(hash, db)
    }

    private static func missing(_ seq: UInt64) -> JournalError {
        JournalError(.damaged, "event \(seq) is missing from the journal's chain: restore a backup")
    }

    private static func first(_ sql: String, _ seq: UInt64?, _ db: Database) throws -> ChainHash? {
        let select = try RawStatement(sql, db)
        if let seq { select.bind(Int64(clamping: seq), at: 1) }
        var found: ChainHash?
        try select.forEachRow { row in found = found ?? hash(row) }
        return found
    }

    private static func hash(_ row: RawRow) -> ChainHash { ChainHash(seq: UInt64(bitPattern: row.integer(0)), bytes: row.bytes(1)) }
}
