import Logging
import PostgreSQL
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Writes events into the tables. Each batch is one transaction, which also moves the position: so a batch is there as a whole, and
/// once, whatever fails.
///
/// The position in the database is the one that counts. Events up to it are passed over, also when the answer to a commit was lost.
/// The writer runs on a queue of its own, since libpq blocks.
actor PostgresWriter {
    private let options: PostgresOptions
    private let tables: PostgresTables
    private let executor = QueueExecutor(label: "tallywire.postgres")
    private var context: SinkContext?
    private var connection: PostgresConnection?
    nonisolated let metrics = PostgresMetrics()

    init(_ options: PostgresOptions) {
        self.options = options
        tables = PostgresTables(schema: options.schema)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    // MARK: Beginning

    /// Connects, checks the tables, and writes what they miss of the events that the sink had taken: after the database was put back
    /// to an earlier state.
    func begin(_ context: SinkContext) async throws {
        self.context = context
        connection = nil
        let position = try ready(context)
        guard let cursor = context.cursor, position < cursor else { return }
        try await catchUp(from: position, to: cursor, context)
    }

    /// Connects and checks the tables, for `check --connect`.
    func check() throws(SinkError) {
        defer { connection = nil }
        do throws(PostgresError) {
            let connection = try connect()
            try requireTables(connection)
        } catch {
            throw explained(error)
        }
    }

    func close() { connection = nil }

    private func connect() throws(PostgresError) -> PostgresConnection {
        if let connection { return connection }
        let made = try PostgresConnection(options.connection, timeout: options.timeout) { Task.isCancelled }
        metrics.connected()
        connection = made
        return made
    }

    private func requireTables(_ connection: PostgresConnection) throws(PostgresError) {
        let present = Set(
            try connection.query(PostgresTables.presentColumns, [options.schema]).map { "\($0[0] ?? "").\($0[1] ?? "")" })
        let missing = PostgresTables.columns.flatMap { table, columns in columns.map { "\(table).\($0)" } }.filter {
            !present.contains($0)
        }
        guard missing.isEmpty else {
            throw PostgresError(
                .parameters,
                """
                the schema “\(options.schema)” has no \(missing.prefix(3).joined(separator: ", ")) that this user may see: \
                “tallywire plugins postgres --ddl” prints the tables and the rights
                """)
        }
    }

    /// The position of this sink in the database. A new one begins with the oldest event that the journal has.
    private func ready(_ context: SinkContext) throws -> UInt64 {
        do throws(PostgresError) {
            let connection = try connect()
            try requireTables(connection)
            let sinks = try connection.query(tables.sinks).map { $0[0] ?? "" }
            if let other = sinks.first(where: { $0 != context.name }) {
                throw PostgresError(
                    .parameters,
                    "the tables of the schema “\(options.schema)” belong to the sink “\(other)”: give each sink a schema of its own"
                )
            }
            if sinks.isEmpty { return 0 }
            try connection.execute("BEGIN")
            let position = try position(connection, context)
            try connection.execute("COMMIT")
            return position ?? 0
        } catch {
            connection = nil
            throw explained(error)
        }
    }

    /// The locked position; `nil` if there is none yet. Throws if it is not one of this journal. A position of the epoch before is, if
    /// the journal has all events up to it.
    private func position(_ connection: PostgresConnection, _ context: SinkContext) throws(PostgresError) -> UInt64? {
        guard let row = try connection.query(tables.lockedPosition, [context.name]).first else { return nil }
        guard let epoch = row[0], let seq = row[1].flatMap({ UInt64($0) }) else {
            throw PostgresError(.parameters, "tallywire_position has no epoch and seq for “\(context.name)” that can be read")
        }
        guard epoch != context.epoch else { return seq }
        if let previous = context.previous, previous.epoch == epoch {
            guard seq > previous.seq else {
                _ = try connection.query(tables.newEpoch, [context.name, context.epoch])
                return seq
            }
            throw PostgresError(
                .parameters,
                """
                the tables have the events \(previous.seq + 1) to \(seq) of the epoch \(epoch), which the journal lost when it was restored: \
                save them if you need them, and empty the three tables to have the events of this journal there
                """)
        }
        throw PostgresError(
            .parameters,
            """
            the tables have events of another journal (epoch \(epoch), and this one is \(context.epoch)): use another schema, or empty \
            the three tables to have the events of this journal there
            """)
    }

    private func catchUp(from position: UInt64, to cursor: UInt64, _ context: SinkContext) async throws {
        context.logger.warning(
            "The database is behind this sink's position, so it was put back or is new. The events that it misses are written again.",
            metadata: ["database": "\(position)", "position": "\(cursor)"])
        var reached = position
        while reached < cursor {
            let events: [EventEnvelope]
            do {
                events = try await context.history.events(after: reached, limit: 1_000, maxBytes: 1 << 20)
            } catch let error as JournalError where error.code == .pruned {
                // A database without any event is filled with what there is; one that had events would have a hole.
                guard reached == 0 else {
                    throw SinkError.unavailable(
                        """
                        the database has the events up to \(reached) and this sink had written those up to \(cursor): what lies between is no \
                        longer kept. To go on without it: UPDATE \(tables.position) SET seq = \(cursor) WHERE sink = '\(context.name)'
                        """)
                }
                reached = try await beforeOldest(below: cursor, context)
                continue
            }
            let wanted = events.prefix { $0.seq <= cursor }
            guard let last = wanted.last else { break }
            try store(wanted.filter(context.filter.wants), through: last.seq, isReplay: false)
            reached = last.seq
        }
    }

    /// The event before the oldest one that is kept, which is found by halving.
    private func beforeOldest(below cursor: UInt64, _ context: SinkContext) async throws -> UInt64 {
        var (gone, kept) = (UInt64(0), cursor)
        while gone + 1 < kept {
            let middle = gone + (kept - gone) / 2
            do {
                _ = try await context.history.events(after: middle, limit: 1, maxBytes: 1)
                kept = middle
            } catch let error as JournalError where error.code == .pruned {
                gone = middle
            }
        }
        return kept
    }

    // MARK: Writing

    /// Writes `records` in one transaction. What the database refuses is found, so that the others can be written.
    func write(_ batch: EventBatch) throws -> Delivery {
        let records = batch.records
        let whole = records.filter(CopyRows.isWhole)
        let rejected =
            records.count == whole.count
            ? []
            : records.filter { !CopyRows.isWhole($0) }
                .map { Delivery.Rejected(seq: $0.seq, reason: "the event has no data that can be read") }
        guard let last = records.last else { return Delivery() }
        do {
            try store(whole, through: last.seq, isReplay: batch.isReplay)
            return Delivery(rejected: rejected)
        } catch let error as PostgresError where error.isAboutData {
            return try writeSingly(whole, rejected, isReplay: batch.isReplay)
        } catch let error as PostgresError {
            connection = nil
            throw explained(error)
        }
    }

    /// Writes the events one by one, up to the first that the database refuses.
    private func writeSingly(
        _ records: [EventEnvelope], _ rejected: [Delivery.Rejected], isReplay: Bool
    ) throws -> Delivery {
        var through: UInt64?
        for record in records {
            do {
                try store([record], through: record.seq, isReplay: isReplay)
                through = record.seq
            } catch let error as PostgresError where error.isAboutData {
                let reason = "the database refused the event \(record.seq): \(error.message)"
                throw SinkError.interrupted(
                    Interruption(
                        through: through, delivery: Delivery(rejected: rejected.filter { $0.seq <= through ?? 0 }),
                        refusals: [Delivery.Rejected(seq: record.seq, reason: reason)], reason: reason))
            } catch let error as PostgresError {
                connection = nil
                throw SinkError.interrupted(
                    Interruption(
                        through: through, delivery: Delivery(rejected: rejected.filter { $0.seq <= through ?? 0 }),
                        reason: explained(error).description))
            }
        }
        return Delivery(rejected: rejected)
    }

    /// Writes those of `records` that are not there yet, and moves the position to `seq`, in one transaction. A replay does not move the
    /// position.
    private func store(_ records: [EventEnvelope], through seq: UInt64, isReplay: Bool) throws {
        guard let context else { throw SinkError.unavailable("the sink was not started") }
        let connection = try connect()
        do {
            try connection.execute("BEGIN")
            let position = try position(connection, context)
            if isReplay {
                metrics.wrote(events: try fillHoles(connection, records))
            } else {
                try advance(connection, records, from: position, through: seq, context)
            }
            try connection.execute("COMMIT")
        } catch {
            // A connection that is lost needs no rollback, and a rollback that fails loses the connection.
            do { try connection.execute("ROLLBACK") } catch { self.connection = nil }
            throw error
        }
    }

    private func advance(
        _ connection: PostgresConnection, _ records: [EventEnvelope], from position: UInt64?, through seq: UInt64,
        _ context: SinkContext
    ) throws {
        if position == nil {
            let first = records.first?.seq ?? seq
            _ = try connection.query(tables.newPosition, [context.name, context.epoch, "\(first - 1)"])
        }
        guard position ?? 0 < seq else { return }
        let new = records.filter { $0.seq > position ?? 0 }
        try fill(connection, new[...])
        _ = try connection.query(tables.nextPosition, [context.name, "\(seq)"])
        metrics.wrote(events: new.count)
    }

    /// Writes those of `records` that are missing, and brings the rows of their items to what all events say. Returns how many were
    /// missing.
    private func fillHoles(_ connection: PostgresConnection, _ records: [EventEnvelope]) throws -> Int {
        func list(_ numbers: some Sequence<some BinaryInteger>) -> String { "{\(numbers.map { "\($0)" }.joined(separator: ","))}" }
        let there = Set(
            try connection.query(tables.presentEvents, [list(records.map(\.seq))]).compactMap { $0[0].flatMap { UInt64($0) } })
        let missing = records.filter { !there.contains($0.seq) }
        guard !missing.isEmpty else { return 0 }
        try connection.copy(tables.copyOfEvents, CopyRows(missing[...]).bytes)
        for record in missing { try CatalogueStep(record)?.remove(before: record.seq, on: connection, tables) }
        let items = list(Set(missing.compactMap(\.subject.variant?.rawValue)))
        for statement in tables.settled { _ = try connection.query(statement, [items]) }
        return missing.count
    }

    /// Copies the events, and brings the stock to where they lead. Changes of the catalogue that move or remove rows take their turn
    /// among the events.
    private func fill(_ connection: PostgresConnection, _ records: ArraySlice<EventEnvelope>) throws {
        guard let first = records.first, let last = records.last else { return }
        try connection.copy(tables.copyOfEvents, CopyRows(records).bytes)
        var done = first.seq - 1
        for record in records {
            guard let step = try CatalogueStep(record) else { continue }
            _ = try connection.query(tables.stockOfEvents, ["\(done)", "\(record.seq)"])
            done = record.seq
            try step.run(on: connection, tables)
        }
        if done < last.seq { _ = try connection.query(tables.stockOfEvents, ["\(done)", "\(last.seq)"]) }
    }

    private func explained(_ error: PostgresError) -> SinkError {
        if error.code == .cancelled { return .unavailable("the delivery was cancelled") }
        return .unavailable(error.message)
    }
}
