import Foundation
import Logging
import PostgreSQL
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import PostgresSink

@Suite("The sink postgres", .serialized)
struct PostgresTests {
    /// One server for all tests of the suite.
    private static let shared = Mutex<PostgresServer?>(nil)
    let server: PostgresServer

    init() throws {
        server = try Self.shared.withLock { shared in
            let server = try shared ?? PostgresServer()
            shared = server
            return server
        }
    }

    func database(schema: String = "public") async throws -> String {
        try await server.database(schema: schema, tables: PostgresTables(schema: schema).definition)
    }

    func options(_ database: String, schema: String = "public", port: Int? = nil, timeout: Duration = .seconds(20))
        -> PostgresOptions
    {
        PostgresOptions(connection: server.parameters(database: database, port: port), schema: schema, timeout: timeout)
    }

    func seqs(_ database: String) async throws -> [UInt64] {
        try await server.connection(to: database).query("SELECT seq FROM tallywire_events ORDER BY seq").compactMap {
            $0[0].flatMap { UInt64($0) }
        }
    }

    private func context(_ journal: InMemoryJournal = InMemoryJournal(), cursor: UInt64? = nil, epoch: String = "e") -> SinkContext
    {
        SinkContext(
            name: "db", logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() }, epoch: epoch, cursor: cursor, head: 1_000,
            stock: journal, history: journal, version: "0", now: { .now })
    }

    @Test("does what every sink has to do", arguments: SinkConformance.checks)
    func conformance(check: SinkConformance) async throws {
        let database = try await database()
        let options = options(database)
        try await check.run(
            SinkConformance.Subject(make: { PostgresSink(options) }, delivered: { try await seqs(database) }))
    }

    @Test("an event is a row that can be joined, and the stock is what the last event left")
    func rows() async throws {
        let database = try await database(schema: "ware house")
        let sink = PostgresSink(options(database, schema: "ware house"))
        try await sink.start(context())
        let records = Scene.movements()
        _ = try await sink.deliver(EventBatch(records: records))
        await sink.stop()
        let connection = try await server.connection(to: database)
        let rows = try connection.query(
            #"SELECT seq, type, product_id, variant_id, sku, location, data, timestamp FROM "ware house".tallywire_events ORDER BY seq"#
        )
        #expect(rows.count == records.count)
        for (row, record) in zip(rows, records) {
            #expect(row[0] == "\(record.seq)" && row[1] == record.type.rawValue)
            #expect(row[4] == record.subject.sku && row[5] == record.subject.location)
            let data = try JSONSerialization.jsonObject(with: Data((row[6] ?? "").utf8)) as? NSDictionary
            let wanted = try JSONSerialization.jsonObject(with: Data(record.data ?? [])) as? NSDictionary
            #expect(data == wanted)
        }
        let stock = try connection.query(
            #"SELECT sku, location, on_hand, stock, seq FROM "ware house".tallywire_stock ORDER BY sku, location"#)
        #expect(stock == [["A\t\\B", "WH1", "7", "7", "4"], ["A\t\\B", "WH2", "2", "2", "3"]])
        let position = try connection.query(#"SELECT sink, epoch, seq FROM "ware house".tallywire_position"#)
        #expect(position == [["db", "e", "\(records.count)"]])
    }

    @Test("rows of stock follow a SKU that is renamed, and go with what is removed")
    func catalogue() async throws {
        let database = try await database()
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        let connection = try await server.connection(to: database)
        func stock() throws -> [[String?]] {
            try connection.query("SELECT sku, location, stock FROM tallywire_stock ORDER BY sku, location")
        }
        // All in one batch: what comes before the change and what comes after it.
        _ = try await sink.deliver(
            EventBatch(records: [
                Scene.change(1, "A", "WH1", 5), Scene.change(2, "B", "WH1", 6, variant: 12), Scene.renamed(3, "A", "C"),
                Scene.change(4, "C", "WH1", 7), Scene.change(5, "C", "WH2", 1),
            ]))
        #expect(try stock() == [["B", "WH1", "6"], ["C", "WH1", "7"], ["C", "WH2", "1"]])
        _ = try await sink.deliver(EventBatch(records: [Scene.removed(6, "B", variant: 12), Scene.removedLocation(7, "WH2")]))
        #expect(try stock() == [["C", "WH1", "7"]])
        await sink.stop()
    }

    @Test("what was refused and is delivered again leaves the stock that it would have left in its turn", arguments: 1...12)
    func replay(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let records = Scene.anything(60, &random)
        let late = records.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        func stock(_ deliver: (PostgresSink) async throws -> Void) async throws -> [[String?]] {
            let database = try await database()
            let sink = PostgresSink(options(database))
            try await sink.start(context())
            try await deliver(sink)
            await sink.stop()
            #expect(try await seqs(database) == records.map(\.seq))
            return try await server.connection(to: database).query(
                "SELECT sku, location, variant_id, stock, seq FROM tallywire_stock ORDER BY sku, location")
        }
        let wanted = try await stock { _ = try await $0.deliver(EventBatch(records: records)) }
        let found = try await stock { sink in
            let lateSeqs = Set(late.map(\.seq))
            _ = try await sink.deliver(EventBatch(records: records.filter { !lateSeqs.contains($0.seq) }))
            // In two pages, and then with what is there already.
            _ = try await sink.deliver(EventBatch(records: Array(late.prefix(late.count / 2)), isReplay: true))
            _ = try await sink.deliver(EventBatch(records: Array(late.dropFirst(late.count / 2)), isReplay: true))
            _ = try await sink.deliver(EventBatch(records: records, isReplay: true))
        }
        #expect(found == wanted)
    }

    @Test("those who listen are told how far the tables have come")
    func notification() async throws {
        let database = try await database()
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        let psql = Process()
        psql.executableURL = URL(fileURLWithPath: "/usr/bin/psql")
        psql.environment = ["PGPASSWORD": PostgresServer.password, "PATH": "/usr/bin:/bin"]
        psql.arguments = ["-h", "127.0.0.1", "-p", "\(server.port)", "-U", "tallywire", database]
        let (input, output) = (Pipe(), Pipe())
        psql.standardInput = input
        psql.standardOutput = output
        try psql.run()
        input.fileHandleForWriting.write(Data("LISTEN tallywire;\n".utf8))
        // psql has subscribed once it answers.
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "LISTEN\n")
        _ = try await sink.deliver(EventBatch(records: SinkConformance.samples(3)))
        await sink.stop()
        input.fileHandleForWriting.write(Data("SELECT 1;\n".utf8))
        try input.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        psql.waitUntilExit()
        #expect(text.contains(#"Asynchronous notification "tallywire" with payload "3" received"#))
    }

    @Test("what the database refuses is found among the others, and said")
    func refusals() async throws {
        let database = try await database()
        try await server.connection(to: database).execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF NEW.seq = 4 THEN RAISE EXCEPTION 'the shop does not know %', NEW.sku; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON tallywire_events FOR EACH ROW EXECUTE FUNCTION refuse();
            """)
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        let records = SinkConformance.samples(9)
        let cut = await interruption { try await sink.deliver(EventBatch(records: records)) }
        #expect(cut?.through == 3 && cut?.refusals.map(\.seq) == [4])
        #expect(cut?.reason == "the database refused the event 4: the shop does not know A-4 (SQLSTATE P0001)")
        _ = try await sink.deliver(EventBatch(records: Array(records[4...])))
        await sink.stop()
        #expect(try await seqs(database) == [1, 2, 3, 5, 6, 7, 8, 9])
    }

    @Test("an event whose text the database cannot keep, and one that is damaged, do not hold up the others")
    func poison() async throws {
        let database = try await database()
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        var records = SinkConformance.samples(5)
        func replaced(_ index: Int, _ json: String) {
            let record = records[index]
            records[index] = EventEnvelope(
                seq: record.seq, timestamp: record.timestamp, type: record.type, subject: record.subject, json: Array(json.utf8))
        }
        replaced(1, #"{"type":"inventory_updated","seq":2,"data":{"reason":"a\u0000b"}}"#)
        replaced(3, "{")
        let cut = await interruption { try await sink.deliver(EventBatch(records: records)) }
        #expect(cut?.through == 1 && cut?.refusals.map(\.seq) == [2])
        let delivery = try await sink.deliver(EventBatch(records: Array(records[2...])))
        await sink.stop()
        #expect(delivery.rejected.map(\.seq) == [4])
        #expect(try await seqs(database) == [1, 3, 5])
    }

    @Test("a connection that is cut at any moment costs no event and doubles none")
    func cuts() async throws {
        let database = try await database()
        let proxy = try await FaultyProxy.start(to: server.port)
        let sink = PostgresSink(options(database, port: proxy.port))
        // A fast machine would be done before the first cut, so events go on until enough connections were cut.
        var random = SplitMix(state: 7)
        var delivered = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...60)))
                    proxy.cut()
                }
            }
            var (end, failures) = (0, 0)
            while delivered < 200 || proxy.cutCount < 5 {
                // Nobody knows whether what threw was committed: the same comes again.
                end = max(end, delivered + Int.random(in: 1...40, using: &random))
                do {
                    if delivered == 0 || failures > 0 { try await sink.start(context(cursor: UInt64(max(1, delivered)))) }
                    _ = try await sink.deliver(EventBatch(records: Array(SinkConformance.samples(end)[delivered...])))
                    (delivered, failures) = (end, 0)
                } catch {
                    failures += 1
                    guard failures < 1_000 else { throw error }
                }
            }
            group.cancelAll()
        }
        await sink.stop()
        try await proxy.close()
        #expect(try await seqs(database) == Array(1...UInt64(delivered)))
    }

    @Test("a database that was put back to an earlier state gets again what it misses")
    func putBack() async throws {
        let journal = InMemoryJournal()
        let engine = try InventoryEngine(journal: journal, logger: .init(label: "test"))
        for number in 2...1_300 {
            _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
        let head = engine.feed.head
        let all = try await journal.events(after: 0, limit: 5_000, maxBytes: 1 << 30)
        let database = try await database()
        let connection = try await server.connection(to: database)
        var sink = PostgresSink(options(database))
        try await sink.start(context(journal, epoch: journal.epoch))
        _ = try await sink.deliver(EventBatch(records: all))
        await sink.stop()
        try connection.execute("DELETE FROM tallywire_events WHERE seq > 40; UPDATE tallywire_position SET seq = 40")
        sink = PostgresSink(options(database))
        try await sink.start(context(journal, cursor: head, epoch: journal.epoch))
        #expect(try await seqs(database) == Array(1...head))
        // A new database is filled from the beginning too.
        await sink.stop()
        try connection.execute("TRUNCATE tallywire_events, tallywire_position")
        sink = PostgresSink(options(database))
        try await sink.start(context(journal, cursor: head, epoch: journal.epoch))
        await sink.stop()
        #expect(try await seqs(database) == Array(1...head))
        await engine.stop()
    }

    @Test("tables that are missing, of another journal or of another sink are said, with what to do")
    func wrongTables() async throws {
        let empty = try await server.database(tables: "SELECT 1")
        await #expect { try await PostgresSink(options(empty)).start(context()) } throws: {
            "\($0)".contains("tallywire plugins postgres --ddl") && "\($0)".contains("tallywire_events.seq")
        }
        let database = try await database()
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        _ = try await sink.deliver(EventBatch(records: SinkConformance.samples(3)))
        await sink.stop()
        await #expect { try await PostgresSink(options(database)).start(context(epoch: "other")) } throws: {
            "\($0)".contains("another journal (epoch e, and this one is other)")
        }
        let other = SinkContext(
            name: "other", logger: .init(label: "test"), epoch: "e", cursor: nil, head: 9, stock: InMemoryJournal(),
            history: InMemoryJournal(), version: "0", now: { .now })
        await #expect { try await PostgresSink(options(database)).start(other) } throws: {
            "\($0)".contains("belong to the sink “db”")
        }
        let problems = await options(empty).problems(ProbeContext(name: "db"))
        #expect(problems.count == 1 && problems[0].path == ["connection"] && problems[0].message.contains("--ddl"))
        #expect(await options(database).problems(ProbeContext(name: "db")).isEmpty)
    }

    @Test("a lock that somebody holds costs the time limit, and the connection is made anew")
    func slowness() async throws {
        let database = try await database()
        let sink = PostgresSink(options(database, timeout: .seconds(1)))
        try await sink.start(context())
        let holder = try await server.connection(to: database)
        try holder.execute("BEGIN; LOCK TABLE tallywire_events IN ACCESS EXCLUSIVE MODE")
        await #expect { _ = try await sink.deliver(EventBatch(records: SinkConformance.samples(3))) } throws: {
            "\($0)" == "the database did not answer within 1.0 seconds"
        }
        try holder.execute("ROLLBACK")
        _ = try await sink.deliver(EventBatch(records: SinkConformance.samples(3)))
        await sink.stop()
        #expect(try await seqs(database) == [1, 2, 3])
    }

    @Test("a delivery that is cancelled ends at once")
    func cancellation() async throws {
        let database = try await database()
        let sink = PostgresSink(options(database))
        try await sink.start(context())
        let holder = try await server.connection(to: database)
        try holder.execute("BEGIN; LOCK TABLE tallywire_events IN ACCESS EXCLUSIVE MODE")
        let watcher = try await server.connection(to: database)
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await sink.deliver(EventBatch(records: SinkConformance.samples(3))) }
            try await eventually("the sink waits for the table") {
                try watcher.query(
                    "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE NOT granted AND datname = $1",
                    [database]
                ).count == 1
            }
            group.cancelAll()
        }
        #expect(begin.duration(to: .now) < .seconds(15))
        try holder.execute("ROLLBACK")
        await sink.stop()
        #expect(try await seqs(database) == [])
    }

    @Test("the password is in no error", arguments: ["wrong", "down", "nonsense"])
    func password(way: String) async throws {
        let parameters =
            switch way {
            case "wrong": server.parameters(password: "MARKED-OTHER")
            case "down": server.parameters(port: try BrokerPort.free())
            default: "postgresql://tallywire:MARKED-OTHER@127.0.0.1:\(server.port)/no_such_database?sslmode=MARKED-MODE"
            }
        let options = PostgresOptions(connection: parameters, schema: "public", timeout: .seconds(5))
        let problems = await options.problems(ProbeContext(name: "db"))
        #expect(
            problems.count == 1 && !problems[0].message.contains("MARKED-PASSWORD") && !problems[0].message.contains("MARKED-OTHER")
        )
    }

    @Test(
        "parameters that cannot be read are refused without being shown",
        arguments: ["MARKED", "host=a b MARKED", "=MARKED", "postgresql://[MARKED"])
    func wrongParameters(text: String) {
        #expect(PostgresConnection.mistake(in: text)?.contains("MARKED") == false)
    }
}

/// Events for the tests.
private enum Scene {
    private static let start = Timestamp(milliseconds: 1_795_365_600_000)

    private static func envelope(_ seq: UInt64, _ body: Event.Body) -> EventEnvelope {
        let event = Event(seq: seq, timestamp: Timestamp(milliseconds: start.milliseconds + Int64(seq)), body: body)
        return EventEnvelope(event, json: event.json)
    }

    static func change(_ seq: UInt64, _ sku: String, _ location: String, _ units: Int64, variant: Int64 = 11) -> EventEnvelope {
        envelope(
            seq,
            .inventoryUpdated(
                InventoryUpdated(
                    productID: ProductID(1), variantID: VariantID(variant), isDefaultVariant: false, sku: sku, variantName: "V",
                    stock: units, previousStock: 0, totalProductStock: units,
                    change: .stock(
                        StockChange(operation: .set, quantity: units, balance: Balance(location: location, onHand: units))),
                    reason: nil, reference: nil, price: Price("1.50"), status: .active, level: .ok, version: Int64(seq),
                    source: "test",
                    movementID: "m", occurredAt: nil)))
    }

    static func movements() -> [EventEnvelope] {
        [
            envelope(1, .catalogueChanged(CatalogueChanged(change: .created, subject: .location("WH1"), values: .init()))),
            change(2, "A\t\\B", "WH1", 5), change(3, "A\t\\B", "WH2", 2), change(4, "A\t\\B", "WH1", 7),
            envelope(
                5, .productStatusChanged(ProductStatusChanged(productID: ProductID(1), status: .inactive, previousStatus: .active))),
        ]
    }

    static func renamed(_ seq: UInt64, _ old: String, _ new: String, variant: Int64 = 11) -> EventEnvelope {
        var values = CatalogueChanged.Values()
        values.sku = new
        values.previousSKU = old
        return envelope(
            seq,
            .catalogueChanged(
                CatalogueChanged(
                    change: .updated, subject: .variant(VariantID(variant), isDefault: false, sku: new, product: ProductID(1)),
                    values: values)))
    }

    static func removed(_ seq: UInt64, _ sku: String, variant: Int64) -> EventEnvelope {
        envelope(
            seq,
            .catalogueChanged(
                CatalogueChanged(
                    change: .removed, subject: .variant(VariantID(variant), isDefault: false, sku: sku, product: ProductID(1)),
                    values: .init())))
    }

    /// What may happen to a few items at two places, with names that are used again.
    static func anything(_ count: Int, _ random: inout SplitMix) -> [EventEnvelope] {
        var names: [Int64: String] = [11: "A"]
        var next: Int64 = 12
        return (1...UInt64(count)).map { seq in
            let free = ["A", "B", "C"].filter { !names.values.contains($0) }
            let (variant, name) = names.randomElement(using: &random) ?? (0, "")
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where !free.isEmpty && variant != 0:
                names[variant] = free[0]
                return renamed(seq, name, free[0], variant: variant)
            case 1 where variant != 0:
                names[variant] = nil
                return removed(seq, name, variant: variant)
            case 2: return removedLocation(seq, Bool.random(using: &random) ? "WH1" : "WH2")
            case 3 where !free.isEmpty, _ where variant == 0:
                let sku = free.randomElement(using: &random) ?? "A"
                names[next] = sku
                next += 1
                return change(seq, sku, "WH1", 1, variant: next - 1)
            default:
                return change(
                    seq, name, Bool.random(using: &random) ? "WH1" : "WH2", Int64.random(in: 0...99, using: &random),
                    variant: variant)
            }
        }
    }

    static func removedLocation(_ seq: UInt64, _ code: String) -> EventEnvelope {
        envelope(seq, .catalogueChanged(CatalogueChanged(change: .removed, subject: .location(code), values: .init())))
    }
}
