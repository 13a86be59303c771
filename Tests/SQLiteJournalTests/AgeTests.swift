import Foundation
import GRDB
import Logging
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("Ages are measured by what passed")
struct AgeTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    private let day: Int64 = 86_400_000
    private let month = Retention(age: .seconds(30 * 86_400))

    /// Adds a unit, and gives the event of that.
    @discardableResult
    private func add(_ engine: InventoryEngine, id: String? = nil) async -> UInt64? {
        let line = Movement.Line(item: .sku("A"), location: "MAIN", operation: .add, quantity: 1)
        let outcome = await engine.submit(Command(id: id, source: "test", action: .move(Movement(lines: [line]))))
        return if case .applied(let receipt) = outcome { receipt.lines.first?.seq } else { nil }
    }

    /// An engine over the journal, whose machine's clock is `clock` and whose uptime is moved by hand.
    private func engine(_ journal: SQLiteJournal, _ clock: ManualClock, _ uptime: ManualClock) throws -> InventoryEngine {
        try InventoryEngine(
            journal: journal, logger: Logger(label: "test"), clock: { clock.now },
            uptime: { .milliseconds(uptime.now.milliseconds) })
    }

    private func create(_ engine: InventoryEngine) async {
        let product = NewProduct(name: "A", content: .single(NewVariant(sku: "A", name: "A")))
        _ = await engine.submit(Command(source: "test", action: .createProduct(product)))
    }

    @Test("a start with a clock ten years ahead deletes nothing, and the right clock after it neither")
    func tenYearsAhead() async throws {
        let (clock, uptime) = (ManualClock(), ManualClock())
        for shift in [0, 3_650 * day, -3_650 * day] {
            clock.advance(by: shift)
            let journal = try SQLiteJournal(path: path)
            let engine = try engine(journal, clock, uptime)
            if shift == 0 { await create(engine) }
            await add(engine)
            clock.advance(by: 3_000)
            uptime.advance(by: 3_000)
            let report = try await journal.prune(month, protected: .max, now: engine.passedTime)
            #expect(report.deleted == 0)
            await engine.stop()
            try journal.close()
        }
        #expect(try await SQLiteJournal(path: path).range().first == 1)
    }

    @Test("a clock that was behind when events were committed makes them no older")
    func behind() async throws {
        let (clock, uptime) = (ManualClock(Timestamp(milliseconds: 0)), ManualClock())
        let journal = try SQLiteJournal(path: path)
        let engine = try engine(journal, clock, uptime)
        await create(engine)
        clock.advance(by: 1_795_365_600_000)
        uptime.advance(by: 10_000)
        await add(engine)
        let report = try await journal.prune(month, protected: .max, now: engine.passedTime)
        #expect(report.deleted == 0, "they bear 1970 and are ten seconds old")
        await engine.stop()
    }

    @Test("what really passed counts: events go when the server ran for longer than they are kept")
    func passing() async throws {
        let (clock, uptime) = (ManualClock(), ManualClock())
        let journal = try SQLiteJournal(path: path)
        let engine = try engine(journal, clock, uptime)
        await create(engine)
        let old = engine.feed.head
        for _ in 0..<31 {
            clock.advance(by: day)
            uptime.advance(by: day)
            await add(engine)
        }
        let report = try await journal.prune(month, protected: .max, now: engine.passedTime)
        #expect(report.firstKept == old + 1, "the catalogue, and nothing of the last thirty days: \(report)")
        await engine.stop()
    }

    @Test("and while it was off, once its clock has stayed so for an hour")
    func off() async throws {
        let (clock, uptime) = (ManualClock(), ManualClock())
        for isFirst in [true, false] {
            let journal = try SQLiteJournal(path: path)
            let engine = try engine(journal, clock, uptime)
            if isFirst { await create(engine) }
            if !isFirst {
                #expect(try await journal.prune(month, protected: .max, now: engine.passedTime).deleted == 0, "not at once")
                for _ in 0..<61 {
                    clock.advance(by: 60_000)
                    uptime.advance(by: 60_000)
                    _ = engine.passedTime
                }
                #expect(try await journal.prune(month, protected: .max, now: engine.passedTime).deleted > 0)
            }
            await engine.stop()
            try journal.close()
            clock.advance(by: 40 * day)
        }
    }

    @Test("an id is known for as long as it is kept, whatever the clock shows twice in between")
    func ids() async throws {
        let (clock, uptime) = (ManualClock(), ManualClock())
        let journal = try SQLiteJournal(path: path, configuration: .init(keepAnswers: .seconds(86_400)))
        let engine = try engine(journal, clock, uptime)
        await create(engine)
        await add(engine, id: "scan")
        for jump in [40 * day, -40 * day, 80 * day, -80 * day] {
            clock.advance(by: jump)
            await add(engine)
        }
        #expect(try journal.answer(to: "scan") != nil)
        for _ in 0..<2 {
            clock.advance(by: 86_400_000)
            uptime.advance(by: 86_400_000)
            await add(engine)
        }
        #expect(try journal.answer(to: "scan") == nil, "two days later it may go")
        await engine.stop()
    }

    @Test("events are found by the times that they bear, also where those fall", arguments: [true, false])
    func falling(isVariant: Bool) async throws {
        let (clock, uptime) = (ManualClock(), ManualClock())
        let journal = try SQLiteJournal(path: path)
        let engine = try engine(journal, clock, uptime)
        await create(engine)
        let start = clock.now
        var expected: [UInt64] = []
        for shift: Int64 in [0, -3_600_000, 7_200_000, -3_600_000] {
            clock.advance(by: shift)
            let isWanted = clock.now == start
            for _ in 0..<3 {
                let seq = await add(engine)
                if isWanted, let seq { expected.append(seq) }
            }
        }
        let variant = try await journal.variant(.sku("A")).value?.variant.id
        for limit in [1, 2, 100] {
            var query = HistoryQuery(
                variant: isVariant ? variant : nil, types: [.inventoryUpdated],
                from: Timestamp(milliseconds: start.milliseconds - 60_000),
                until: Timestamp(milliseconds: start.milliseconds + 60_000), limit: limit)
            var found: [UInt64] = []
            repeat {
                let page = try await journal.history(query)
                found += page.events.map(\.seq)
                query.before = page.next
            } while query.before != nil
            #expect(found == expected.reversed(), "pages of \(limit)")
        }
        await engine.stop()
    }

    @Test("positions of devices are kept for as many as there may be, the newest")
    func devices() async throws {
        let journal = try SQLiteJournal(path: path)
        try await journal.storeCursor(7, of: "json-log")
        try await journal.storeCursor(8, of: "source:mqtt-scanners")
        try journal.close()
        try await DatabaseQueue(path: path).write { db in
            for number in 1...(DevicePositions.limit + 5) {
                try db.execute(
                    sql: "INSERT INTO cursors (name, seq) VALUES (?, ?)",
                    arguments: ["\(DevicePositions.prefix)mqtt-scanners/d-\(number)", number])
            }
        }
        let again = try SQLiteJournal(path: path)
        _ = try await again.prune(Retention(), protected: 0, now: Timestamp(milliseconds: 0))
        #expect(try await again.cursor(of: "json-log") == 7)
        #expect(try await again.cursor(of: "source:mqtt-scanners") == 8)
        #expect(try await again.cursor(of: "device:mqtt-scanners/d-5") == nil)
        #expect(try await again.cursor(of: "device:mqtt-scanners/d-6") == 6)
    }
}
