import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

/// What the engine looks up for reversals, wherever the movement is: in the same batch, in the batch before, or in the journal.
@Suite("Reversals in the engine")
struct ReversalTests {
    private let journal = InMemoryJournal()
    private let clock = ManualClock()
    /// The time since the machine started.
    private let uptime = ManualClock(Timestamp(milliseconds: 0))

    private func engine() throws -> InventoryEngine {
        let ids = Mutex(0)
        return try InventoryEngine(
            journal: journal, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { [clock] in clock.now },
            uptime: { [uptime] in .milliseconds(uptime.now.milliseconds) },
            makeID: { time in
                ids.withLock {
                    $0 += 1
                    return "made-\(time.milliseconds)-\($0)"
                }
            })
    }

    private func stocked() async throws -> InventoryEngine {
        let engine = try engine()
        let mug = NewProduct(id: ProductID(1), name: "Mug", content: .single(NewVariant(id: VariantID(1), sku: "MUG", name: "Mug")))
        _ = await engine.submit(Command(source: "test", action: .createProduct(mug)))
        return engine
    }

    private func move(
        _ units: Int64, id: String? = nil, device: String? = nil, source: String = "test", serial: String? = nil
    ) -> Command {
        let line = Movement.Line(
            item: .sku("MUG"), location: "MAIN", operation: units < 0 ? .subtract : .add, quantity: abs(units),
            trace: Trace(serial: serial))
        return Command(id: id, device: device, source: source, action: .move(Movement(lines: [line])))
    }

    private func reverse(_ movement: String, id: String? = nil, device: String? = nil) -> Command {
        Command(id: id, source: "test", action: .reverse(Reversal(.movement(id: movement, device: device))))
    }

    private func undo(_ device: String, id: String, within seconds: Int64 = 60) -> Command {
        let source = "scanners/\(device)"
        return Command(
            id: id, source: source, action: .reverse(Reversal(.last(source: source, device: device, within: .seconds(seconds)))))
    }

    private var stock: Int64? { get throws { try journal.load().variants[VariantID(1)]?.stock } }

    private func codes(_ outcomes: [Outcome]) -> [Rejection.Code?] { outcomes.map { $0.rejection?.code } }

    @Test("a movement is reversed once, also within one batch and after a restart; a repeat of the reversal gets its first answer")
    func once() async throws {
        let engine = try await stocked()
        let outcomes = await engine.submit([
            move(5, id: "a"), reverse("a", id: "undo-a"), reverse("a", id: "again"), reverse("undo-a", id: "redo"),
            reverse("nobody"),
        ])
        #expect(codes(outcomes) == [nil, nil, .alreadyReversed, nil, .unknownMovement])
        #expect(try stock == 5)
        #expect(try journal.answer(to: "a")?.reversedBy == "undo-a" && journal.answer(to: "undo-a")?.reversedBy == "redo")
        _ = await engine.submit(move(2, id: "b"))
        #expect(codes(await engine.submit([reverse("b", id: "undo-b"), reverse("b")])) == [nil, .alreadyReversed])
        await engine.stop()
        let restarted = try self.engine()
        #expect(
            codes(await restarted.submit([reverse("a"), reverse("b"), reverse("redo")])) == [
                .alreadyReversed, .alreadyReversed, nil,
            ])
        #expect(await restarted.submit(reverse("b", id: "undo-b")).receipt?.status == .duplicate)
        #expect(await restarted.submit(reverse("a", id: "undo-b")).rejection?.code == .idempotencyConflict)
        #expect(try stock == 0)
        await restarted.stop()
    }

    @Test("a device's id is found with its device, and no other way")
    func devices() async throws {
        let engine = try await stocked()
        _ = await engine.submit([move(1, id: "1", device: "till-1"), move(2, id: "1", device: "till-2"), move(4, id: "1")])
        #expect(await engine.submit(reverse("1", device: "till-3")).rejection?.code == .unknownMovement)
        #expect(await engine.submit(reverse("1", device: " till-2")).receipt != nil)
        #expect(try stock == 5)
        #expect(await engine.submit(reverse("1")).receipt != nil)
        #expect(try stock == 1)
        await engine.stop()
    }

    @Test("a reversal whose commit fails has reversed nothing")
    func failedCommit() async throws {
        let engine = try await stocked()
        _ = await engine.submit(move(5, id: "a"))
        journal.failAppends(with: JournalError(.storage, "full"))
        #expect(
            codes(await engine.submit([move(1, id: "b"), reverse("a", id: "x"), reverse("b")])) == [
                .unavailable, .unavailable, .unavailable,
            ])
        journal.failAppends(with: nil)
        #expect(await engine.submit(reverse("b")).rejection?.code == .unknownMovement)
        #expect(await engine.submit(reverse("a", id: "x")).receipt?.status == .applied)
        #expect(try stock == 0)
        await engine.stop()
    }

    @Test("a refused movement has nothing to take back, and one whose events were deleted says so")
    func nothingThere() async throws {
        let engine = try await stocked()
        _ = await engine.submit([move(-5, id: "refused"), move(5, id: "old")])
        #expect(await engine.submit(reverse("refused")).rejection?.code == .unknownMovement)
        _ = await engine.submit(move(1))
        _ = try await journal.prune(Retention(age: .zero, size: 0), protected: .max, now: clock.now.advanced(by: .seconds(1)))
        #expect(
            codes([await engine.submit(reverse("old", id: "r")), await engine.submit(reverse("old", id: "r"))]) == [
                .tooLate, .tooLate,
            ])
        #expect(try stock == 6)
        await engine.stop()
    }

    @Test("a unit that was counted in and taken back is out, and one whose repeated count was taken back is still in")
    func serials() async throws {
        let engine = try await stocked()
        func repeats(_ command: Command) async -> Bool { await engine.submit(command).receipt?.lines.first?.repeatedSerial != nil }
        #expect(await !repeats(move(1, id: "in", serial: "S-1")))
        _ = await engine.submit(reverse("in"))
        #expect(await !repeats(move(1, serial: "S-1")), "it went in, out and in")
        #expect(await repeats(move(1, id: "twice", serial: "S-1")))
        _ = await engine.submit(reverse("twice"))
        #expect(await !repeats(move(-1, serial: "S-1")), "it was in, and leaves")
        #expect(await repeats(move(1, serial: "S-2")) == false)
        #expect(await repeats(move(-1, serial: "S-1")))
        await engine.stop()
    }

    @Test("the last scan of a device is taken back, and no other device's; a second time there is nothing to undo")
    func undo() async throws {
        let engine = try await stocked()
        let outcomes = await engine.submit([
            move(1, id: "s-1", device: "dock-1", source: "scanners/dock-1"), move(2, source: "scanners/dock-1"),
            move(4, source: "scanners/dock-2"), undo("dock-1", id: "u-1"), undo("dock-1", id: "u-2"), undo("dock-1", id: "u-1"),
        ])
        #expect(codes(outcomes) == [nil, nil, nil, nil, .nothingToUndo, nil])
        #expect(outcomes[5].receipt?.status == .duplicate)
        #expect(try stock == 5)
        _ = await engine.submit(move(8, id: "s-2", device: "dock-1", source: "scanners/dock-1"))
        await engine.stop()
        let restarted = try self.engine()
        #expect(await restarted.submit(undo("dock-1", id: "u-3")).receipt?.lines.map(\.quantity) == [8])
        #expect(try journal.answer(to: Command.key(id: "s-2", device: "dock-1"))?.reversedBy == "u-3")
        #expect(await restarted.submit(undo("dock-1", id: "u-2")).rejection?.code == .nothingToUndo, "the first answer")
        await restarted.stop()
    }

    @Test("a scan is taken back within the time, and not after it; what an admin took back is not taken back again")
    func time() async throws {
        let engine = try await stocked()
        _ = await engine.submit(move(1, id: "a", source: "scanners/dock-1"))
        for clock in [clock, uptime] { clock.advance(by: 60_001) }
        #expect(await engine.submit(undo("dock-1", id: "u-1")).rejection?.code == .nothingToUndo)
        #expect(await engine.submit(undo("dock-1", id: "u-2", within: 61)).receipt != nil)
        _ = await engine.submit([move(2, id: "b", source: "scanners/dock-1"), reverse("b")])
        let refused = try #require(await engine.submit(undo("dock-1", id: "u-3")).rejection)
        #expect(refused.code == .nothingToUndo && refused.message.contains("already"))
        // A clock that jumps ahead for a moment takes nobody's time.
        _ = await engine.submit(move(4, id: "c", source: "scanners/dock-1"))
        clock.advance(by: 3_600_000)
        #expect(await engine.submit(undo("dock-1", id: "u-4")).receipt != nil)
        await engine.stop()
    }
}
