import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@Suite("Engine")
struct EngineTests {
    let journal = InMemoryJournal()
    let clock = ManualClock()

    func engine(inbox: Int = 1_000, feed: Feed.Capacity = Feed.Capacity()) async throws -> InventoryEngine {
        let clock = clock
        let ids = Mutex(0)
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(inbox: inbox, feed: feed), logger: Logger(label: "test"), clock: { clock.now },
            makeID: { _ in
                ids.withLock {
                    $0 += 1
                    return "made-\($0)"
                }
            })
        _ = await engine.submit(
            Command(
                source: "test",
                action: .createProduct(
                    NewProduct(
                        id: ProductID(1), name: "Mug", content: .single(NewVariant(id: VariantID(1), sku: "MUG", name: "Mug"))))))
        return engine
    }

    func move(_ quantity: Int64, id: String? = nil, operation: TallywireCore.Operation = .subtract) -> Command {
        Command(
            id: id, source: "test",
            action: .move(
                Movement(lines: [.init(item: .sku("MUG"), location: "MAIN", operation: operation, quantity: quantity)])))
    }

    @Test("an empty journal gets its location MAIN as its first event")
    func main() async throws {
        let engine = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        #expect(engine.feed.head == 1 && journal.allEvents.first?.subject.location == "MAIN")
        await engine.stop()
        let again = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        #expect(again.feed.head == 1, "and no second one")
        await again.stop()
    }

    @Test("a serial number counted twice in one direction is told, also right behind the first count, and after a restart")
    func serials() async throws {
        func serial(_ operation: TallywireCore.Operation, _ serial: String = "S-1") -> Command {
            let line = Movement.Line(
                item: .sku("MUG"), location: "MAIN", operation: operation, quantity: 1, trace: Trace(serial: serial))
            return Command(source: "test", action: .move(Movement(lines: [line])))
        }
        func repeats(_ outcome: Outcome) -> UInt64? {
            if case .applied(let receipt) = outcome { receipt.lines.first?.repeatedSerial } else { .max }
        }
        let engine = try await engine()
        let first = journal.allEvents.count + 1
        #expect(repeats(await engine.submit(serial(.add))) == nil)
        #expect(repeats(await engine.submit(serial(.add))) == UInt64(first))
        #expect(repeats(await engine.submit(serial(.set))) == nil, "a count sets, it does not go in")
        #expect(repeats(await engine.submit(serial(.subtract))) == nil, "in and out again is what units do")
        #expect(repeats(await engine.submit(serial(.add, "S-2"))) == nil)
        // Submitted together, they are decided in one batch or in batches that are not on disk yet.
        let together = await withTaskGroup(of: UInt64?.self) { group in
            for _ in 0..<20 { group.addTask { repeats(await engine.submit(serial(.add, "S-3"))) } }
            return await group.reduce(into: [UInt64?]()) { $0.append($1) }
        }
        #expect(together.count { $0 == nil } == 1 && Set(together).count == 20)
        // What was not committed was not counted.
        journal.failAppends(with: JournalError(.storage, "full"))
        #expect(repeats(await engine.submit(serial(.subtract, "S-3"))) == .max)
        journal.failAppends(with: nil)
        #expect(repeats(await engine.submit(serial(.subtract, "S-3"))) == nil)
        await engine.stop()
        let again = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        #expect(repeats(await again.submit(serial(.subtract, "S-3"))) != nil)
        #expect(journal.allEvents.last?.type == .serialRepeated)
        await again.stop()
    }

    @Test("fifty callers take from a hundred units at once: exactly a hundred succeed")
    func noOversell() async throws {
        let engine = try await engine()
        _ = await engine.submit(move(100, operation: .add))
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    var taken = 0
                    for _ in 0..<4 {
                        if case .applied = await engine.submit(move(1)) { taken += 1 }
                    }
                    return taken
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 100)
        #expect(try await journal.variant(.sku("MUG")).value?.variant.stock == 0)
        await engine.stop()
    }

    @Test("a repeat of an id gets the first receipt again, as a duplicate; with another meaning it is a conflict")
    func idempotency() async throws {
        let engine = try await engine()
        let first = await engine.submit(move(5, id: "a", operation: .add))
        guard case .applied(var receipt) = first else { return #expect(Bool(false), "\(first)") }
        receipt.status = .duplicate
        #expect(await engine.submit(move(5, id: "a", operation: .add)) == .applied(receipt))
        guard case .rejected(let rejection) = await engine.submit(move(6, id: "a", operation: .add)) else {
            return #expect(Bool(false), "another meaning was accepted")
        }
        #expect(rejection.code == .idempotencyConflict)
        #expect(try await journal.variant(.sku("MUG")).value?.variant.stock == 5)
        await engine.stop()
    }

    @Test("repeats in one batch are known too")
    func repeatsInOneBatch() async throws {
        let engine = try await engine()
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<50 { group.addTask { await engine.submit(move(1, id: "same", operation: .add)) } }
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }
        let applied = outcomes.count { if case .applied(let receipt) = $0 { receipt.status == .applied } else { false } }
        #expect(applied == 1 && outcomes.count == 50)
        #expect(try await journal.variant(.sku("MUG")).value?.variant.stock == 1)
        await engine.stop()
    }

    @Test("a refusal for want of stock is the id's answer, also when there is stock later")
    func refusalIsFinal() async throws {
        let engine = try await engine()
        let refused = await engine.submit(move(1, id: "a"))
        _ = await engine.submit(move(10, operation: .add))
        #expect(await engine.submit(move(1, id: "a")) == refused)
        await engine.stop()
    }

    @Test("when a commit fails, nothing has happened and nobody has seen anything; when it works again, all goes on")
    func failingJournal() async throws {
        let engine = try await engine()
        _ = await engine.submit(move(10, operation: .add))
        let head = engine.feed.head
        journal.failAppends(with: JournalError(.storage, "the disk is full"))
        guard case .rejected(let rejection) = await engine.submit(move(3, id: "a")) else {
            return #expect(Bool(false), "a movement was accepted that is not on disk")
        }
        #expect(rejection.code == .unavailable && rejection.message.contains("the disk is full"))
        #expect(engine.feed.head == head && engine.statistics.failure == "the disk is full" && engine.statistics.failedInARow == 1)
        journal.failAppends(with: nil)
        guard case .applied(let receipt) = await engine.submit(move(3, id: "a")) else { return #expect(Bool(false), "refused") }
        #expect(receipt.lines.first?.stock == 7 && receipt.seq == head + 1 && engine.statistics.failure == nil)
        await engine.stop()
    }

    @Test("a full inbox refuses at once, and takes again when there is room")
    func overloaded() async throws {
        let gate = Gate()
        let gated = ForwardingJournal(
            journal,
            appending: { batch, journal in
                gate.pass()
                try journal.append(batch)
            })
        let engine = try InventoryEngine(journal: gated, configuration: .init(inbox: 3), logger: Logger(label: "test"))
        gate.shut()
        let outcomes = Mutex<[Outcome]>([])
        // One is in the batch that waits at the gate, three wait in the inbox.
        engine.submit(move(1)) { outcome in outcomes.withLock { $0.append(outcome) } }
        try await eventually("the first is taken") { engine.waiting.count == 0 && gate.isWaitedAt }
        for _ in 0..<3 { engine.submit(move(1)) { outcome in outcomes.withLock { $0.append(outcome) } } }
        guard case .rejected(let rejection) = await engine.submit(move(1)) else { return #expect(Bool(false), "accepted") }
        #expect(rejection.code == .overloaded && engine.statistics.overloaded == 1)
        gate.open()
        try await eventually("the others are answered") { outcomes.withLock { $0.count } == 4 }
        await engine.stop()
    }

    /// Submits `commands` so that each is a batch of its own and they all wait behind a first one, then lets them go. The appends whose
    /// number is in `failing` fail; the first command's is number 1.
    func outcomes(ofBatches commands: [Command], failing: Set<Int> = []) async throws -> [Outcome] {
        let first = try await engine()
        await first.stop()
        let gate = Gate()
        let appends = Mutex(0)
        let failingJournal = ForwardingJournal(
            journal,
            appending: { batch, journal in
                gate.pass()
                let number = appends.withLock { count in
                    count += 1
                    return count
                }
                if failing.contains(number) { throw JournalError(.storage, "the disk is full") }
                try journal.append(batch)
            })
        let engine = try InventoryEngine(journal: failingJournal, configuration: .init(batch: 1), logger: Logger(label: "test"))
        gate.shut()
        let outcomes = Mutex<[Int: Outcome]>([:])
        for (number, command) in commands.enumerated() {
            engine.submit(command) { outcome in outcomes.withLock { $0[number] = outcome } }
            if number == 0 { try await eventually("the first is at the gate") { gate.isWaitedAt } }
        }
        gate.open()
        await engine.stop()
        return outcomes.withLock { outcomes in commands.indices.compactMap { outcomes[$0] } }
    }

    @Test("what is decided while a commit goes on sees that commit's stock and answers")
    func decidingAhead() async throws {
        let outcomes = try await outcomes(ofBatches: [
            move(10, id: "a", operation: .add), move(3, id: "b"), move(3, id: "b"), move(3, id: "c"), move(5, id: "d"),
            move(4, id: "b"),
        ])
        let stocks = outcomes.map { outcome in
            if case .applied(let receipt) = outcome { receipt.lines.first?.stock } else { nil as Int64? }
        }
        #expect(stocks == [10, 7, 7, 4, nil, nil])
        guard case .applied(let repeated) = outcomes[2], case .rejected(let short) = outcomes[4],
            case .rejected(let conflict) = outcomes[5]
        else { return #expect(Bool(false), "\(outcomes)") }
        #expect(repeated.status == .duplicate && short.code == .insufficientStock && conflict.code == .idempotencyConflict)
        #expect(try await journal.variant(.sku("MUG")).value?.variant.stock == 4)
        #expect(journal.allEvents.map(\.seq) == Array(1...UInt64(journal.allEvents.count)))
    }

    @Test("when a commit fails, what was decided on top of it is decided anew without it", arguments: 1...4)
    func failingUnderneath(failing: Int) async throws {
        let commands = [10, 20, 30, 40].enumerated().map { move($1, id: "\($0)", operation: .add) }
        let outcomes = try await outcomes(ofBatches: commands + [move(10, id: "1", operation: .add)], failing: [failing])
        var stock: Int64 = 0
        for (number, outcome) in outcomes.prefix(4).enumerated() {
            if number + 1 == failing {
                guard case .rejected(let rejection) = outcome else { return #expect(Bool(false), "\(outcome)") }
                #expect(rejection.code == .unavailable && rejection.message.contains("the disk is full"))
            } else {
                stock += Int64(number + 1) * 10
                guard case .applied(let receipt) = outcome else { return #expect(Bool(false), "\(outcome)") }
                #expect(receipt.status == .applied && receipt.lines.first?.stock == stock)
            }
        }
        // The last one has the id of the second command and another quantity.
        if failing == 2 {
            guard case .applied = outcomes[4] else { return #expect(Bool(false), "an id stays taken whose movement failed") }
            stock += 10
        } else {
            guard case .rejected(let rejection) = outcomes[4] else { return #expect(Bool(false), "\(outcomes[4])") }
            #expect(rejection.code == .idempotencyConflict)
        }
        #expect(outcomes.count == 5)
        #expect(try await journal.variant(.sku("MUG")).value?.variant.stock == stock)
        #expect(journal.allEvents.map(\.seq) == Array(1...UInt64(journal.allEvents.count)))
    }

    @Test("stopping decides what is waiting, and then refuses")
    func stopping() async throws {
        let engine = try await engine()
        let outcomes = Mutex(0)
        for _ in 0..<500 { engine.submit(move(1, operation: .add)) { _ in outcomes.withLock { $0 += 1 } } }
        await engine.stop()
        #expect(outcomes.withLock { $0 } == 500)
        guard case .rejected(let rejection) = await engine.submit(move(1)) else { return #expect(Bool(false), "accepted") }
        #expect(rejection.code == .unavailable)
    }

    @Test("a clock that goes back does not take timestamps back")
    func clockGoesBack() async throws {
        let engine = try await engine()
        _ = await engine.submit(move(1, operation: .add))
        clock.advance(by: -60_000)
        _ = await engine.submit(move(1, operation: .add))
        let times = journal.allEvents.map(\.timestamp)
        #expect(times == times.sorted())
        await engine.stop()
    }
}

@Suite("Feed")
struct FeedTests {
    @Test("readers at their own positions get every event once, in order, from the ring or from the journal")
    func readers() async throws {
        let journal = InMemoryJournal()
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(feed: .init(events: 8, bytes: 1 << 20)), logger: Logger(label: "test"))
        let total: UInt64 = 201
        let readers = (0..<5).map { reader in
            Task {
                var seen: [UInt64] = []
                while let events = try await engine.feed.next(after: seen.last ?? 0, limit: reader + 1) {
                    seen += events.map(\.seq)
                }
                return seen
            }
        }
        for number in 1..<total {
            _ = await engine.submit(
                Command(source: "test", action: .createLocation(Location(code: "L\(number)", name: "L"))))
        }
        await engine.stop()
        for reader in readers { #expect(try await reader.value == Array(1...total)) }
    }

    @Test("a reader that waits is woken by a cancellation")
    func cancellation() async throws {
        let engine = try InventoryEngine(journal: InMemoryJournal(), logger: Logger(label: "test"))
        let reader = Task { try await engine.feed.next(after: engine.feed.head) }
        reader.cancel()
        #expect(try await reader.value == nil)
        await engine.stop()
    }
}
