import Foundation
import GRDB
import Synchronization
import TallywireCore
import TallywireEngine

extension SQLiteJournal {
    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try await wrapping {
            try await pool.read { db in
                let first = try Meta.first(db)
                guard first <= 1 || seq >= first - 1 else {
                    throw JournalError(
                        .pruned, "events before \(first) are no longer kept: read the current stock and go on from its seq")
                }
                return try EventTable.read(after: seq, limit: limit, maxBytes: maxBytes, db)
            }
        }
    }

    public func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope]? {
        try wrapping {
            try lookUps.inDatabase { db in
                guard range.lowerBound >= (try Meta.first(db)) else { return nil }
                return try EventTable.read(after: range.lowerBound - 1, limit: range.count, maxBytes: .max, db)
            }
        }
    }

    public func newestChange(by source: String, since time: Timestamp, among limit: Int) throws -> EventEnvelope? {
        try wrapping { try lookUps.inDatabase { db in try EventTable.newestChange(by: source, since: time, among: limit, db) } }
    }

    public func range() async throws -> (first: UInt64, last: UInt64) {
        try await wrapping { try await pool.read { db in (try Meta.first(db), try Meta.seq(db)) } }
    }

    public func cursor(of name: String) async throws -> UInt64? {
        if let pending = cursors.withLock({ $0.pending(name) }) { return pending }
        return try await wrapping { try await pool.read { db in try CursorTable.read(name, db) } }
    }

    /// Keeps the cursor for the next batch, which writes it. If no cursor was written in this way for a second, writes it now. A
    /// cursor that a crash loses leaves an older one, from which the sink is offered events again.
    public func storeCursor(_ seq: UInt64, of name: String) async throws {
        let due = cursors.withLock { cursors in
            cursors.set(seq, of: name)
            return cursors.takeDue()
        }
        guard !due.isEmpty else { return }
        do {
            try await wrapping {
                try await pool.write { db in try CursorTable.store(self.cursors.withLock { $0.unwritten(of: due) }, db) }
            }
            cursors.withLock { $0.written(due) }
        } catch {
            cursors.withLock { $0.putBack(due) }
            throw error
        }
    }
}

extension SQLiteJournal {
    /// Returns the epoch of the journal at `path`; `nil` if there is no journal or it cannot be read. The method only reads, and
    /// may run beside the server.
    public static func epoch(at path: String) -> String? { JournalRestore.position(at: path)?.epoch }
}
