import Foundation
import Logging
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

/// What the writer looks up for counts that people open.
@Suite("Counts at the writer")
struct CountSessionTests {
    private let journal = InMemoryJournal()
    private let clock = ManualClock()
    /// The time since the machine started.
    private let uptime = ManualClock(Timestamp(milliseconds: 0))

    private func engine() throws -> InventoryEngine {
        try InventoryEngine(
            journal: journal, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { [clock] in clock.now },
            uptime: { [uptime] in .milliseconds(uptime.now.milliseconds) })
    }

    /// An engine with 100 mugs, and an hour later the open count `c`.
    private func counting() async throws -> InventoryEngine {
        let engine = try engine()
        let mug = NewProduct(id: ProductID(1), name: "Mug", content: .single(NewVariant(id: VariantID(1), sku: "MUG", name: "Mug")))
        _ = await engine.submit([Command(source: "test", action: .createProduct(mug)), move(.add, 100)])
        passHour()
        _ = await engine.submit(Command(id: "c", source: "test", action: .openCount(NewCount(location: "MAIN", by: "ann"))))
        return engine
    }

    private func move(
        _ operation: TallywireCore.Operation, _ units: Int64, ago seconds: Int64? = nil, id: String? = nil, source: String = "test"
    ) -> Command {
        let happenedAt = seconds.map { Timestamp(milliseconds: clock.now.milliseconds - 1_000 * $0) }
        let line = Movement.Line(item: .sku("MUG"), location: "MAIN", operation: operation, quantity: units)
        return Command(id: id, source: source, action: .move(Movement(occurredAt: happenedAt, lines: [line])))
    }

    private func use(_ kind: CountUse.Kind, id: String? = nil) -> Command {
        Command(id: id, source: "test", action: .useCount(CountUse(count: "c", kind: kind, by: "ann")))
    }

    private func lines(_ units: Int64, ago seconds: Int64) -> Command {
        let at = Timestamp(milliseconds: clock.now.milliseconds - 1_000 * seconds)
        return use(.count([CountUse.Line(item: .sku("MUG"), quantity: units, countedAt: at)], replaces: false))
    }

    private func undo(_ id: String) -> Command {
        Command(id: id, source: "s/d", action: .reverse(Reversal(.last(source: "s/d", device: "d", within: .seconds(60)))))
    }

    private func passHour() {
        clock.advance(by: 3_600_000)
        uptime.advance(by: 3_600_000)
    }

    private var onHand: Int64? { get throws { try journal.load().variants[VariantID(1)]?.balances.first?.onHand } }

    @Test("a posted line is compared with what was there, also with what moves in the same batch, and after a restart")
    func posted() async throws {
        var engine = try await counting()
        _ = await engine.submit([lines(90, ago: 1_800), move(.subtract, 10, ago: 1_200)])
        await engine.stop()
        engine = try self.engine()
        let shown = try await journal.count("c").value?.lines.first
        #expect(shown?.expected == 100 && shown?.variance == -10)
        let outcomes = await engine.submit([move(.subtract, 5), use(.post(reason: nil), id: "p"), move(.subtract, 7, ago: 2_000)])
        #expect(outcomes.compactMap(\.receipt).count == 3 && outcomes[1].receipt?.count?.lines.map(\.expected) == [100])
        #expect(try onHand == 75, "90 half an hour ago, and then 15 left")
        #expect(await engine.submit(use(.post(reason: nil), id: "p")).receipt?.status == .duplicate)
        #expect(await engine.submit(use(.void)).rejection?.code == .countClosed, "it ended in an earlier batch")
        #expect(try await journal.count("c").value?.status == .posted)
        await engine.stop()
    }

    @Test(
        "a device's last scan in an open count is taken back, also within one batch, and the stock's last change before it is not")
    func undone() async throws {
        let engine = try await counting()
        _ = await engine.submit([move(.subtract, 1, id: "a", source: "s/d"), move(.count, 3, id: "b", source: "s/d")])
        let outcomes = await engine.submit([move(.count, 4, id: "e", source: "s/d"), undo("u"), undo("v")])
        #expect(outcomes[1].receipt?.lines.map(\.report?.counted) == [3] && outcomes[2].rejection?.code == .nothingToUndo)
        #expect(try onHand == 99 && journal.load().count("c")?.lines.map(\.counted) == [3])
        #expect(try journal.answer(to: "e")?.reversedBy == "u")
        await engine.stop()
    }

    @Test("what a failed commit counted, took back or posted is not there")
    func failedCommit() async throws {
        let engine = try await counting()
        _ = await engine.submit(move(.count, 3, id: "b", source: "s/d"))
        journal.failAppends(with: JournalError(.storage, "full"))
        let refused = await engine.submit([move(.count, 4, source: "s/d"), undo("u"), use(.post(reason: nil), id: "p")])
        #expect(refused.allSatisfy { $0.rejection?.code == .unavailable })
        journal.failAppends(with: nil)
        #expect(await engine.submit(undo("u")).receipt?.lines.map(\.report?.counted) == [0])
        #expect(await engine.submit(use(.post(reason: nil), id: "p")).receipt?.count?.status == .posted)
        #expect(try onHand == 100)
        await engine.stop()
    }
}
