import Foundation
import GRDB
import TallywireCore
import TallywireEngine

/// Folds a journal's events again, and compares the result with the values that the journal stores. Hashes them again, and compares the
/// hashes with those that the journal stores; see ``ChainHash``.
///
/// The audit reads in one transaction, so it may run beside a server. Where retention has deleted events, it begins with the values
/// that were stored for that point.
public struct JournalAudit: Sendable {
    /// The result of an audit.
    public struct Report: Sendable {
        public let epoch: String
        /// The first event that was folded.
        public let first: UInt64
        public let last: UInt64
        /// How many events were folded, and how many variants compared.
        public let folded: Int
        public let variants: Int
        /// The hash of all events.
        public let chain: ChainHash
        /// The epoch with which the chain began, and after which event.
        public let origin: (epoch: String, seq: UInt64)
        /// The first difference; `nil` if there is none.
        public let difference: String?
    }

    /// A hash that was written down earlier.
    public struct Claim: Sendable {
        /// The epoch with which the chain began.
        public let epoch: String
        public let seq: UInt64
        /// 32 bytes.
        public let hash: [UInt8]
        /// What it is called in a message, such as the name of a file.
        public let name: String

        public init(epoch: String, seq: UInt64, hash: [UInt8], name: String) {
            (self.epoch, self.seq, self.hash, self.name) = (epoch, seq, hash, name)
        }
    }

    /// Audits the journal at `path`, also by hashes that were written down earlier. A journal of an earlier format is copied and the copy
    /// brought to the current one, so the journal itself is left as it is. Throws ``JournalError`` if it cannot be read.
    public static func run(path: String, claims: [Claim] = []) throws -> Report {
        guard FileManager.default.fileExists(atPath: path) else {
            throw JournalError(.storage, "there is no journal \(path)")
        }
        return try JournalError.wrapping(path) {
            var configuration = SQLiteJournal.databaseConfiguration(readers: 1)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            let format = try queue.read { try JournalFormat.number($0) }
            try JournalFormat.check(format, path)
            guard format == JournalFormat.current else {
                return try migrated(queue, path).read { try audit(claims, $0) }
            }
            return try queue.read { db in try audit(claims, db) }
        }
    }

    /// A copy in the format of this program, which SQLite deletes when it is closed.
    private static func migrated(_ journal: DatabaseQueue, _ path: String) throws -> DatabaseQueue {
        // It takes the journal's size of pages, which was another one in the first formats.
        let copy = try DatabaseQueue(path: "", configuration: Configuration())
        try journal.backup(to: copy)
        try JournalFormat.migrate(copy, path: path)
        return copy
    }

    private static func audit(_ claims: [Claim], _ db: Database) throws -> Report {
        let stored = try StateTables(.current).load(db)
        var folded = try StateTables(.base).load(db)
        let first = folded.seq + 1
        var links = try ChainAudit(after: folded.seq, claims: claims, db)
        var count = 0
        var difference: String?
        fold: while folded.seq < stored.seq {
            let events = try EventTable.read(after: folded.seq, limit: 1_000, maxBytes: 8 << 20, db)
            if events.isEmpty {
                difference = "event \(folded.seq + 1) is missing"
                break
            }
            for event in events {
                do {
                    let body = try event.event()
                    guard body.seq == event.seq else {
                        difference = "event \(event.seq) says that it is event \(body.seq)"
                        break fold
                    }
                    try folded.fold(body)
                    if let found = links.append(event.json) {
                        difference = found
                        break fold
                    }
                } catch let error as FoldError {
                    difference = error.message
                    break fold
                } catch let error as DecodingError {
                    difference = "event \(event.seq) cannot be read: \(error)"
                    break fold
                }
                count += 1
            }
            folded.forgetChanges()
        }
        return Report(
            epoch: try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? "", first: first, last: stored.seq,
            folded: count, variants: stored.variants.count, chain: links.hash, origin: try ChainTable.origin(db),
            difference: difference ?? links.difference ?? compare(stored, folded))
    }

    /// Returns the first difference between the stored and the folded values.
    private static func compare(_ stored: InventoryState, _ folded: InventoryState) -> String? {
        for code in Set(stored.locations.keys).union(folded.locations.keys).sorted()
        where stored.locations[code] != folded.locations[code] {
            return describe("location \(code)", stored.locations[code], folded.locations[code])
        }
        for id in Set(stored.products.keys).union(folded.products.keys).sorted() where stored.products[id] != folded.products[id] {
            return describe("product \(id)", stored.products[id], folded.products[id])
        }
        for id in Set(stored.variants.keys).union(folded.variants.keys).sorted() where stored.variants[id] != folded.variants[id] {
            return describe("variant \(id)", stored.variants[id], folded.variants[id])
        }
        let (open, refolded) = (byID(stored), byID(folded))
        for id in Set(open.keys).union(refolded.keys).sorted() where open[id] != refolded[id] {
            return describe("reservation “\(id.excerpt)”", open[id], refolded[id])
        }
        let (running, recounted) = (countsByNumber(stored), countsByNumber(folded))
        for number in Set(running.keys).union(recounted.keys).sorted() where running[number] != recounted[number] {
            return describe("count \(number)", running[number], recounted[number])
        }
        return nil
    }

    private static func countsByNumber(_ state: InventoryState) -> [UInt64: StockCount] {
        Dictionary(uniqueKeysWithValues: state.runningCounts.map { ($0.number, $0) })
    }

    private static func byID(_ state: InventoryState) -> [String: Reservation] {
        Dictionary(uniqueKeysWithValues: state.openReservations.map { ($0.id, $0) })
    }

    private static func describe<Value>(_ what: String, _ stored: Value?, _ folded: Value?) -> String {
        "\(what): stored \(stored.map { "\($0)" } ?? "nothing"), folded \(folded.map { "\($0)" } ?? "nothing")"
    }
}
