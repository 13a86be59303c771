import Foundation
import Logging
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

/// What the writer looks up for counts of what was there earlier.
@Suite("Late scans at the writer")
struct LateScanTests {
    private let journal = InMemoryJournal()
    private let clock = ManualClock()
    /// The time since the machine started.
    private let uptime = ManualClock(Timestamp(milliseconds: 0))

    private func engine(_ times: TimeRules = TimeRules()) throws -> InventoryEngine {
        try InventoryEngine(
            journal: journal, configuration: .init(times: times), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { [clock] in clock.now }, uptime: { [uptime] in .milliseconds(uptime.now.milliseconds) })
    }

    private func stock(_ engine: InventoryEngine) async throws {
        let mug = NewProduct(id: ProductID(1), name: "Mug", content: .single(NewVariant(id: VariantID(1), sku: "MUG", name: "Mug")))
        _ = await engine.submit(Command(source: "test", action: .createProduct(mug)))
        _ = await engine.submit(move(.add, 100))
    }

    private func move(_ operation: TallywireCore.Operation, _ units: Int64, ago seconds: Int64? = nil) -> Command {
        let happenedAt = seconds.map { Timestamp(milliseconds: clock.now.milliseconds - 1_000 * $0) }
        return Command(
            source: "test",
            action: .move(
                Movement(
                    occurredAt: happenedAt,
                    lines: [Movement.Line(item: .sku("MUG"), location: "MAIN", operation: operation, quantity: units)])))
    }

    /// Both clocks go on by an hour.
    private func passHour() {
        clock.advance(by: 3_600_000)
        uptime.advance(by: 3_600_000)
    }

    private func onHand() async throws -> Int64? {
        try await journal.variant(.sku("MUG")).value?.variant.balances.first?.onHand
    }

    @Test("a count of an hour ago leaves what moved since, also what is in the same batch, and after a restart")
    func counted() async throws {
        var engine = try engine()
        try await stock(engine)
        passHour()
        _ = await engine.submit(move(.subtract, 10, ago: 1_200))
        await engine.stop()
        engine = try self.engine()
        let outcomes = await engine.submit([move(.subtract, 5), move(.count, 90, ago: 1_800), move(.subtract, 7, ago: 2_000)])
        #expect(outcomes.compactMap(\.receipt).count == 3)
        #expect(try await onHand() == 75, "90 half an hour ago, and then 15 left")
        let event = try #require(
            journal.allEvents.last { $0.type == .inventoryUpdated && String(decoding: $0.json, as: UTF8.self).contains("counted") })
        #expect(String(decoding: event.json, as: UTF8.self).contains(#""counted":90,"expected":100,"#))
        _ = await engine.submit(move(.count, 60))
        #expect(try await onHand() == 60, "a count of now is what is there")
        await engine.stop()
    }

    @Test("a scan from before the count is refused when it is later than is allowed, and so is the count")
    func lateness() async throws {
        let engine = try engine(TimeRules(lateness: .seconds(600)))
        try await stock(engine)
        passHour()
        #expect(await engine.submit(move(.subtract, 1, ago: 700)).receipt != nil, "where nobody has counted it is taken")
        #expect(await engine.submit(move(.count, 99, ago: 601)).rejection?.code == .tooLate)
        #expect(await engine.submit(move(.count, 99)).receipt != nil)
        #expect(await engine.submit(move(.subtract, 1, ago: 601)).rejection?.code == .tooLate)
        #expect(await engine.submit(move(.subtract, 1, ago: 599)).receipt != nil)
        #expect(try await onHand() == 99)
        await engine.stop()
    }
}
