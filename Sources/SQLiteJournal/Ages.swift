import GRDB
import TallywireCore
import TallywireEngine

/// How old events are, by the time that has passed since they were committed, whatever times they bear.
///
/// Every minute with a commit leaves a row: how much time had passed, and the last event until then. An event is as old as the
/// first row whose event is not before it.
struct Ages: Sendable {
    /// The time between two rows, in milliseconds.
    private static let interval: Int64 = 60_000

    /// The clocks as the last batch had them; `nil` in a journal without batches.
    private(set) var mark: SteadyClock.Mark?
    /// The timestamp of the last event.
    private(set) var lastEvent: Timestamp?
    /// The last event.
    private var seq: UInt64
    /// The time of the last row.
    private var noted: Int64

    init(loading db: Database) throws {
        seq = try Meta.seq(db)
        lastEvent = try Int64.fetchOne(db, sql: "SELECT at FROM events WHERE seq = ?", arguments: [Int64(clamping: seq)])
            .map { Timestamp(milliseconds: $0) }
        noted = try Int64.fetchOne(db, sql: "SELECT max(passed) FROM ages") ?? .min
        let answered = try Int64.fetchOne(db, sql: "SELECT passed FROM answers ORDER BY row DESC LIMIT 1") ?? .min
        // A journal of an earlier version continues from the timestamp of its last event.
        let passed = max(noted, answered)
        mark =
            if passed != .min {
                SteadyClock.Mark(passed: passed, offset: try Meta.integer("clock_offset", db))
            } else {
                lastEvent.map { SteadyClock.Mark(passed: $0.milliseconds, offset: 0) }
            }
    }

    /// Notes a batch, in the batch's own transaction.
    mutating func note(_ batch: JournalBatch, _ db: Database) throws {
        try noteSteps(among: batch.events, db)
        let before = (passed: mark?.passed ?? .min, seq: seq)
        seq = batch.events.last?.seq ?? seq
        let passed = batch.timestamp.milliseconds
        if mark?.offset != batch.clockOffset { try Meta.set("clock_offset", batch.clockOffset, db) }
        mark = SteadyClock.Mark(passed: passed, offset: batch.clockOffset)
        guard noted == .min || passed - noted >= Self.interval else { return }
        // The last batch before a pause gets a row, so that its events do not count as those at the end of the pause.
        if noted != .min, before.passed >= noted { try insert(before.passed, before.seq, db) }
        try insert(passed, seq, db)
        noted = passed
    }

    private func insert(_ passed: Int64, _ seq: UInt64, _ db: Database) throws {
        let insert = try RawStatement("INSERT OR REPLACE INTO ages (passed, seq) VALUES (?, ?)", db)
        insert.bind(passed, at: 1)
        insert.bind(seq, at: 2)
        try insert.execute()
    }

    /// Notes the events whose timestamps are before that of the event before them, so that a search by time knows where to
    /// continue.
    private mutating func noteSteps(among events: [EventEnvelope], _ db: Database) throws {
        for event in events {
            if let last = lastEvent, event.timestamp < last {
                try db.execute(sql: "INSERT OR REPLACE INTO clock_steps (seq) VALUES (?)", arguments: [Int64(event.seq)])
            }
            lastEvent = event.timestamp
        }
    }

    /// Returns the last event that is known to have been committed before the time `passed`; 0 if there is none.
    func last(before passed: Int64, _ db: Database) throws -> UInt64 {
        if let mark, mark.passed < passed { return seq }
        return UInt64(
            try Int64.fetchOne(db, sql: "SELECT seq FROM ages WHERE passed < ? ORDER BY passed DESC LIMIT 1", arguments: [passed])
                ?? 0)
    }

    /// Deletes the rows of events before `first`.
    static func prune(before first: UInt64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM ages WHERE seq < ?", arguments: [Int64(first)])
        try db.execute(sql: "DELETE FROM clock_steps WHERE seq <= ?", arguments: [Int64(first)])
    }
}
