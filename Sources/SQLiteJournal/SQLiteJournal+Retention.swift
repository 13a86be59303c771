import GRDB
import Synchronization
import TallywireCore
import TallywireEngine

extension SQLiteJournal {
    /// The number of events in one step of retention. The writer waits for at most one step.
    private static var step: Int { 2_000 }

    public func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport {
        var report = PruneReport(firstKept: try await range().first)
        while !Task.isCancelled {
            let candidates = try await wrapping {
                try await pool.read { db in try self.candidates(retention, protected: protected, now: now, db) }
            }
            guard let last = candidates.last else { break }
            try await wrapping { try await self.delete(candidates) }
            report.deleted += candidates.count
            report.unread += candidates.count { $0.seq > protected }
            report.firstKept = last.seq + 1
        }
        try await wrapping {
            try await delete("answers", before: answers.withLock { $0.firstRow })
            try await delete("ended_reservations", before: ended.withLock { $0.firstRow })
        }
        let oldest = now.milliseconds - keepAnswers.wholeMilliseconds
        while try await wrapping({
            try await pool.write { db in try CountTables.prune(before: oldest, limit: Self.step, db) }
        }) == Self.step {}
        try await wrapping {
            try await pool.write { db in
                try CursorTable.pruneDevices(db)
                try StateTables.pruneRemovedVariants(db)
            }
        }
        try await giveBackSpace()
        return report
    }

    /// Returns the oldest events that have to be deleted, as many as one step has.
    private func candidates(
        _ retention: Retention, protected: UInt64, now: Timestamp, _ db: Database
    ) throws -> [EventEnvelope] {
        let old = try ages.withLock { $0 }.last(before: now.milliseconds - retention.age.wholeMilliseconds, db)
        var size = try Self.sizeOfEvents(db)
        var candidates: [EventEnvelope] = []
        for event in try EventTable.read(after: try Meta.first(db) - 1, limit: Self.step, maxBytes: 16 << 20, db) {
            let isDue =
                event.seq > protected
                ? size > retention.hardLimit
                : event.seq <= old || size > min(retention.size, retention.hardLimit)
            guard isDue else { break }
            size -= event.json.count + Self.rowOverhead
            candidates.append(event)
        }
        return candidates
    }

    /// Returns about how many bytes the events take: the number of events times the average of a sample, since adding up all sizes
    /// would read all events.
    private static func sizeOfEvents(_ db: Database) throws -> Int {
        let first = Int64(try Meta.first(db))
        let last = Int64(try Meta.seq(db))
        guard last >= first else { return 0 }
        let count = last - first + 1
        let samples: Int64 = 256
        let stride = max(1, count / samples)
        let select = try RawStatement("SELECT length(json) FROM events WHERE seq = ?", db)
        var bytes: Int64 = 0
        var taken: Int64 = 0
        for seq in Swift.stride(from: first, through: last, by: Int64.Stride(stride)) {
            select.bind(seq, at: 1)
            try select.forEachRow { row in
                bytes += row.integer(0)
                taken += 1
            }
        }
        return taken == 0 ? 0 : Int(Double(bytes) / Double(taken) * Double(count)) + Int(count) * rowOverhead
    }

    /// The bytes of a row beside its JSON: its other columns and its share of the page.
    private static var rowOverhead: Int { 64 }

    /// Deletes `events` and folds them into the base, from which the kept events continue.
    private func delete(_ events: [EventEnvelope]) async throws {
        guard let first = events.first, let last = events.last else { return }
        let decoded = try events.map { try $0.event() }
        var products = Set(events.compactMap(\.subject.product))
        var counts: Set<String> = []
        for body in decoded.map(\.body) {
            switch body {
            case .reservationChanged(let change): products.formUnion(change.holds.map(\.product))
            case .countChanged(let change):
                products.formUnion(change.lines.map(\.product))
                counts.insert(change.id)
            default: break
            }
        }
        let (named, reservations, counted) = (products, Set(events.compactMap(\.subject.reservation)), counts)
        let (stored, hash) = try await pool.read { db in
            (
                try StateTables(.base).load(products: named, reservations: reservations, counts: counted, seq: first.seq - 1, db),
                try ChainTable.hash(of: last.seq, db)
            )
        }
        var base = stored
        for event in decoded { try base.fold(event) }
        let changes = base.changes
        let dirty = cursors.withLock { $0.takeDirty() }
        do {
            try await pool.write { db in
                // If a crash loses a cursor, the older one must not be before the deleted events.
                try CursorTable.store(dirty, db)
                try StateTables(.base).store(changes, db)
                try ChainTable.begin(after: hash, db)
                try db.execute(sql: "DELETE FROM events WHERE seq <= ?", arguments: [Int64(last.seq)])
                try ItemEvents.prune(through: last.seq, db)
                try SerialTable.prune(before: last.seq + 1, db)
                try Ages.prune(before: last.seq + 1, db)
                try Meta.set("first", Int64(last.seq + 1), db)
                try Meta.set(PastReader.baseTime, last.timestamp.milliseconds, db)
            }
            cursors.withLock { $0.written(dirty) }
        } catch {
            cursors.withLock { $0.putBack(dirty) }
            throw error
        }
    }

    /// Deletes the rows that an index has dropped.
    private func delete(_ table: String, before first: Int64?) async throws {
        guard let first else { return }
        var deleted = 0
        repeat {
            deleted = try await pool.write { db in
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE row IN (SELECT row FROM \(table) WHERE row < ? ORDER BY row LIMIT ?)",
                    arguments: [first, Self.step])
                return db.changesCount
            }
        } while deleted == Self.step && !Task.isCancelled
    }
}
