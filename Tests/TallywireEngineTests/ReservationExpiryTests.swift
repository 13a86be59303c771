import Foundation
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

/// How the end of a reservation's time becomes an event, by a clock that the test sets.
@Suite("The end of reservations")
struct ReservationExpiryTests {
    private let journal = InMemoryJournal()
    private let clock = ManualClock()
    /// The time since the machine started.
    private let uptime = ManualClock(Timestamp(milliseconds: 0))

    private func engine(_ journal: (any Journal)? = nil) throws -> InventoryEngine {
        let ids = Mutex(0)
        return try InventoryEngine(
            journal: journal ?? self.journal, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { [clock] in clock.now },
            uptime: { [uptime] in .milliseconds(uptime.now.milliseconds) },
            makeID: { _ in
                ids.withLock {
                    $0 += 1
                    return "made-\($0)-\(UUID())"
                }
            })
    }

    /// An engine with a hundred mugs.
    private func stocked(_ journal: (any Journal)? = nil) async throws -> InventoryEngine {
        let engine = try engine(journal)
        let mug = NewProduct(id: ProductID(1), name: "Mug", content: .single(NewVariant(id: VariantID(1), sku: "MUG", name: "Mug")))
        let add = Movement(lines: [.init(item: .sku("MUG"), location: "MAIN", operation: .add, quantity: 100)])
        for action in [.createProduct(mug), .move(add)] as [Command.Action] {
            _ = await engine.submit(Command(source: "test", action: action))
        }
        return engine
    }

    private func hold(_ id: String, _ units: Int64 = 1, seconds: Int64, _ engine: InventoryEngine) async -> Outcome {
        await engine.submit(
            Command(
                id: id, source: "test",
                action: .reserve(
                    NewReservation(end: .after(.seconds(seconds)), lines: [.init(item: .sku("MUG"), quantity: units)]))))
    }

    private func release(_ id: String, _ engine: InventoryEngine) async -> Outcome {
        await engine.submit(
            Command(source: "test", action: .useReservation(ReservationUse(reservation: id, kind: .release))))
    }

    /// Both clocks go on.
    private func pass(_ seconds: Int64) {
        clock.advance(by: seconds * 1_000)
        uptime.advance(by: seconds * 1_000)
    }

    private var ended: [String] {
        get throws {
            try journal.allEvents.compactMap { event in
                guard case .reservationChanged(let change) = try event.event().body, change.status == .expired else { return nil }
                return change.id
            }
        }
    }

    private var stock: Int64? { get throws { try journal.load().variants[VariantID(1)]?.stock } }

    @Test("what is over ends by itself, in the order of the ends and not of the beginnings, while nobody asks")
    func byItself() async throws {
        let engine = try await stocked()
        for (id, seconds) in [("late", 30), ("early", 10), ("middle", 20), ("same", 20)] as [(String, Int64)] {
            _ = await hold(id, seconds: seconds, engine)
        }
        pass(19)
        try await eventually("the first one ends") { try ended == ["early"] }
        pass(11)
        try await eventually("all end") { try ended == ["early", "middle", "same", "late"] }
        #expect(try stock == 100)
        await engine.stop()
    }

    @Test("after the end a change is refused, and the units are another's, in the same batch of commands")
    func afterTheEnd() async throws {
        let engine = try await stocked()
        _ = await hold("a", 100, seconds: 10, engine)
        #expect(await hold("b", 1, seconds: 10, engine).rejection?.code == .insufficientStock)
        pass(10)
        let outcomes = await engine.submit([
            Command(source: "test", action: .useReservation(ReservationUse(reservation: "a", kind: .capture(keepsRest: false)))),
            Command(
                id: "c", source: "test",
                action: .reserve(NewReservation(end: .after(.seconds(10)), lines: [.init(item: .sku("MUG"), quantity: 100)]))),
        ])
        #expect(outcomes[0].rejection?.code == .reservationExpired && outcomes[0].rejection?.available == 100)
        #expect(outcomes[1].receipt?.reservation?.status == .held)
        await engine.stop()
    }

    @Test("what ended while the server did not run has ended before anything is served, in batches")
    func atTheStart() async throws {
        let engine = try await stocked()
        _ = await engine.submit(
            Command(
                source: "test",
                action: .move(Movement(lines: [.init(item: .sku("MUG"), location: "MAIN", operation: .add, quantity: 3_000)]))))
        let commands = (0..<2_500).map { number in
            Command(
                id: "r-\(number)", source: "test",
                action: .reserve(NewReservation(end: .after(.seconds(10)), lines: [.init(item: .sku("MUG"), quantity: 1)])))
        }
        _ = await engine.submit(commands)
        await engine.stop()
        let sizes = Mutex<[Int]>([])
        let counting = ForwardingJournal(
            journal,
            appending: { batch, journal in
                sizes.withLock { $0.append(batch.changes.reservations.count) }
                try journal.append(batch)
            })
        pass(10)
        let again = try self.engine(counting)
        #expect(try ended == commands.map { $0.id ?? "" } && again.feed.head == journal.load().seq)
        #expect(sizes.withLock { $0 } == Array(repeating: 500, count: 5))
        #expect(await release("r-7", again).rejection?.code == .reservationExpired)
        await again.stop()
    }

    @Test("a clock that jumps ahead ends nothing, unless it stays ahead for a minute")
    func jumpAhead() async throws {
        let engine = try await stocked()
        _ = await hold("a", seconds: 3_600, engine)
        clock.advance(by: 86_400_000)
        #expect(await release("nobody", engine).rejection?.code == .unknownReservation)
        pass(50)
        #expect(await release("nobody", engine).rejection?.code == .unknownReservation)
        #expect(try ended.isEmpty && journal.load().openReservations.count == 1, "for a moment")
        pass(15)
        try await eventually("it stays ahead") { try ended == ["a"] }
        await engine.stop()
    }

    @Test("a clock that goes back revives nothing, and ends what is made after that by its own time")
    func jumpBack() async throws {
        let engine = try await stocked()
        _ = await hold("a", seconds: 10, engine)
        pass(10)
        try await eventually("it ends") { try ended == ["a"] }
        clock.advance(by: -86_400_000)
        #expect(await release("a", engine).rejection?.code == .reservationExpired)
        #expect(try journal.load().openReservations.isEmpty)
        _ = await hold("b", seconds: 10, engine)
        pass(10)
        try await eventually("so does the next one") { try ended == ["a", "b"] }
        await engine.stop()
    }

    @Test("an end that cannot be written is written later, once")
    func failing() async throws {
        let engine = try await stocked()
        _ = await hold("a", seconds: 10, engine)
        journal.failAppends(with: JournalError(.storage, "the disk is full"))
        pass(10)
        try await eventually("it is tried") { engine.statistics.failedCommits > 0 }
        #expect(try ended.isEmpty && journal.load().openReservations.count == 1)
        journal.failAppends(with: nil)
        pass(2)
        try await eventually("it is written") { try ended == ["a"] }
        #expect(try stock == 100)
        await engine.stop()
    }

    @Test("an ended reservation is known after a restart")
    func restarted() async throws {
        let engine = try await stocked()
        _ = await hold("a", seconds: 10, engine)
        #expect(await release("a", engine).receipt != nil)
        await engine.stop()
        let again = try self.engine()
        #expect(await release("a", again).rejection?.code == .reservationClosed)
        #expect(await hold("a", seconds: 10, again).receipt?.status == .duplicate, "its id is answered as before")
        await again.stop()
    }
}
