import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
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
            uptime: { .zero },
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
        var receipt = try #require(first.receipt)
        receipt.status = .duplicate
        #expect(await engine.submit(move(5, id: "a", operation: .add)) == .applied(receipt))
        let rejection = try #require(await engine.submit(move(6, id: "a", operation: .add)).rejection)
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
        let rejection = try #require(await engine.submit(move(3, id: "a")).rejection)
        #expect(rejection.code == .unavailable && rejection.message.contains("the disk is full"))
        #expect(engine.feed.head == head && engine.statistics.failure == "the disk is full" && engine.statistics.failedInARow == 1)
        journal.failAppends(with: nil)
        let receipt = try #require(await engine.submit(move(3, id: "a")).receipt)
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
        let rejection = try #require(await engine.submit(move(1)).rejection)
        #expect(rejection.code == .overloaded && engine.statistics.overloaded == 1)
        gate.open()
        try await eventually("the others are answered") { outcomes.withLock { $0.count } == 4 }
        await engine.stop()
    }

    @Test("a turn is taken while the engine is idle, not while its thread is held up, and at once when it has stopped")
    func turns() async throws {
        let gate = Gate()
        let engine = try InventoryEngine(journal: journal(behind: gate, failing: []), logger: Logger(label: "test"))
        await engine.takeTurn()
        gate.shut()
        engine.submit(move(1)) { _ in }
        try await eventually("the engine's thread is held up") { gate.isWaitedAt }
        let turns = SharedCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    await engine.takeTurn()
                    turns.add()
                }
            }
            // Time enough for a turn that does not wait for the thread.
            try await ContinuousClock().sleep(for: .milliseconds(200))
            #expect(turns.value == 0)
            gate.open()
            try await group.waitForAll()
        }
        #expect(turns.value == 2)
        await engine.stop()
        await engine.takeTurn()
    }

    @Test("from the first command that finds no room on, nothing of a batch and of its lane is taken in; what was, is decided")
    func overloadedBatch() async throws {
        await (try await engine()).stop()
        let gate = Gate()
        let engine = try InventoryEngine(
            journal: journal(behind: gate, failing: []), configuration: .init(inbox: 3), logger: Logger(label: "test"))
        gate.shut()
        engine.submit(move(1, id: "first", operation: .add)) { _ in }
        try await eventually("the first is taken") { engine.waiting.count == 0 && gate.isWaitedAt }
        let lane = CommandLane()
        async let batch = engine.submit((1...5).map { move(1, id: "batch-\($0)", operation: .add) }, in: lane)
        try await eventually("three are taken") { engine.waiting.count == 3 }
        #expect(lane.isBroken)
        gate.open()
        #expect(await batch.map { $0.rejection?.code } == [nil, nil, nil, .overloaded, .overloaded])
        let behind = await engine.submit([move(1, id: "behind", operation: .add)], in: lane)
        #expect(behind.map { $0.rejection?.code } == [.overloaded], "there is room again, but something before it is missing")
        #expect(engine.statistics.overloaded == 3)
        let again = await engine.submit(
            [move(1, id: "batch-4", operation: .add), move(1, id: "behind", operation: .add)], in: CommandLane())
        #expect(again.allSatisfy { $0.rejection == nil })
        #expect(await engine.submit([]).isEmpty)
        await engine.stop()
    }

    @Test("a command whose plan does not fit the state is refused for good, and the others of its batch are applied")
    func faultyPlan() async throws {
        let gate = Gate()
        let first = try await engine()
        _ = await first.submit(move(5, id: "stock", operation: .set))
        await first.stop()
        // A product that has a variant twice: removing it removes the variant twice, which cannot be folded.
        let broken = Product(
            id: ProductID(9), name: "Broken", status: .active, price: nil, variants: [VariantID(90), VariantID(90)],
            hasDefaultVariant: false)
        let variant = Variant(id: VariantID(90), productID: broken.id, isDefault: false, sku: "BROKEN", name: "Broken")
        let damaged = ForwardingJournal(
            journal,
            loading: { journal in
                let state = try journal.load()
                return InventoryState(
                    seq: state.seq, locations: Array(state.locations.values),
                    products: Array(state.products.values) + [broken], variants: Array(state.variants.values) + [variant],
                    lastIDs: state.lastIDs)
            },
            appending: { batch, journal in
                gate.pass()
                try journal.append(batch)
            })
        let engine = try InventoryEngine(journal: damaged, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        gate.shut()
        async let outcomes = engine.submit([
            move(1, id: "one"), Command(id: "faulty", source: "test", action: .removeProduct(broken.id)), move(1, id: "two"),
        ])
        gate.open()
        #expect(await outcomes.map { $0.rejection?.code } == [nil, .internalError, nil])
        #expect(await outcomes.compactMap(\.receipt).flatMap(\.lines).map(\.stock) == [4, 3])
        let again = await engine.submit(Command(id: "faulty", source: "test", action: .removeProduct(broken.id)))
        #expect(again.rejection?.code == .internalError, "a repeat gets it again")
        #expect(journal.allEvents.count { $0.type == .inventoryUpdated } == 3)
        #expect(journal.allEvents.map(\.seq) == Array(1...engine.feed.head), "no number is left out")
        await engine.stop()
    }

    /// The journal, whose appends wait at `gate`, and those whose number is in `failing` fail.
    private func journal(behind gate: Gate, failing: Set<Int>) -> ForwardingJournal {
        let appends = Mutex(0)
        return ForwardingJournal(
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
    }

    /// Submits `commands` so that each is a batch of its own and they all wait behind a first one, then lets them go. The appends whose
    /// number is in `failing` fail; the first command's is number 1.
    func outcomes(ofBatches commands: [Command], failing: Set<Int> = []) async throws -> [Outcome] {
        let first = try await engine()
        await first.stop()
        let gate = Gate()
        let failingJournal = journal(behind: gate, failing: failing)
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
        let repeated = try #require(outcomes[2].receipt)
        let (short, conflict) = (try #require(outcomes[4].rejection), try #require(outcomes[5].rejection))
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
                let rejection = try #require(outcome.rejection)
                #expect(rejection.code == .unavailable && rejection.message.contains("the disk is full"))
            } else {
                stock += Int64(number + 1) * 10
                let receipt = try #require(outcome.receipt)
                #expect(receipt.status == .applied && receipt.lines.first?.stock == stock)
            }
        }
        // The last one has the id of the second command and another quantity.
        if failing == 2 {
            #expect(outcomes[4].receipt != nil, "an id stays taken whose movement failed")
            stock += 10
        } else {
            let rejection = try #require(outcomes[4].rejection)
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
        let rejection = try #require(await engine.submit(move(1)).rejection)
        #expect(rejection.code == .unavailable)
    }

    @Test("a clock that is set back by up to five seconds does not take times back; by more, they follow it, and that is counted")
    func clockGoesBack() async throws {
        let engine = try await engine()
        _ = await engine.submit(move(1, operation: .add))
        let start = clock.now
        clock.advance(by: -5_000)
        _ = await engine.submit(move(1, operation: .add))
        #expect(journal.allEvents.last?.timestamp == start && engine.statistics.clockSteps == 0)
        clock.advance(by: -1)
        _ = await engine.submit(move(1, operation: .add))
        #expect(journal.allEvents.last?.timestamp == clock.now && engine.statistics.clockSteps == 1)
        clock.advance(by: 1_000)
        _ = await engine.submit(move(1, operation: .add))
        #expect(journal.allEvents.last?.timestamp == clock.now && engine.statistics.clockSteps == 1, "and go on with it")
        await engine.stop()
        clock.advance(by: -4_000)
        let again = try InventoryEngine(journal: journal, logger: Logger(label: "test"), clock: { [clock] in clock.now })
        _ = await again.submit(move(1, operation: .add))
        #expect(
            journal.allEvents.suffix(2).map(\.timestamp) == Array(repeating: clock.now.advanced(by: 4_000), count: 2),
            "also over a restart")
        await again.stop()
    }

    @Test(
        "a movement is rejected by when it happened: in the future, or longer ago than ids are kept",
        arguments: [true, false])
    func times(isHTTP: Bool) async throws {
        let engine = try await engine()
        func code(_ milliseconds: Int64, id: String? = nil, skew: Duration? = nil) async -> Rejection.Code? {
            var command = move(1, id: id, operation: .add)
            command.source = isHTTP ? "http" : "mqtt-scanners/d"
            command.clockSkew = skew
            guard case .move(var movement) = command.action else { return nil }
            movement.occurredAt = clock.now.advanced(by: milliseconds)
            command.action = .move(movement)
            guard case .rejected(let rejection) = await engine.submit(command) else { return nil }
            #expect(rejection.field == "occurredAt")
            return rejection.code
        }
        let day: Int64 = 86_400_000
        #expect(await code(300_000) == nil)
        #expect(await code(300_001) == .invalidRequest)
        #expect(await code(300_001, skew: .seconds(3_600)) == nil, "who asks may be allowed more")
        #expect(await code(1, skew: .zero) == .invalidRequest)
        #expect(await code(-8 * day) == nil)
        #expect(await code(-8 * day - 1) == .tooLate)
        #expect(await code(-8 * day - 1, id: "late") == .tooLate)
        #expect(try journal.answer(to: "late") == nil, "nothing is left of it")
        await engine.stop()
    }

    @Test("a repeat is known however late it comes, as long as its id is kept")
    func lateRepeat() async throws {
        let engine = try await engine()
        var command = move(1, id: "phone-1", operation: .add)
        guard case .move(var movement) = command.action else { return }
        movement.occurredAt = clock.now
        command.action = .move(movement)
        _ = await engine.submit(command)
        clock.advance(by: 9 * 86_400_000)
        let receipt = try #require(await engine.submit(command).receipt)
        #expect(receipt.status == .duplicate)
        await engine.stop()
    }

    @Test("a clock that jumps ahead for a moment refuses no movement that happened now")
    func clockAhead() async throws {
        let engine = try await engine()
        let now = clock.now
        clock.advance(by: 20 * 86_400_000)
        var command = move(1, operation: .add)
        guard case .move(var movement) = command.action else { return }
        movement.occurredAt = now
        command.action = .move(movement)
        #expect(await engine.submit(command).receipt != nil, "refused as too late")
        await engine.stop()
    }

    @Test("ids belong to the device that gave them, over whatever transport it comes")
    func idsOfDevices() async throws {
        let engine = try await engine()
        func submit(_ device: String?, _ source: String, _ quantity: Int64 = 1) async -> Receipt.Status? {
            var command = move(quantity, id: "1", operation: .add)
            command.device = device
            command.source = source
            if case .applied(let receipt) = await engine.submit(command) { return receipt.status }
            return nil
        }
        #expect(await submit("till-1", "mqtt-scanners/till-1") == .applied)
        #expect(await submit("till-2", "mqtt-scanners/till-2") == .applied, "another till's scan counts")
        #expect(await submit("till-1", "http/till-1") == .duplicate, "the same till's repeat does not")
        #expect(await submit(nil, "http") == .applied, "nor does a till take the journal's ids")
        #expect(await submit("till-1", "http/till-1", 2) == nil, "and another meaning is a conflict")
        #expect(await submit("TILL\u{A0}", "http") == .applied)
        #expect(await submit("TILL", "http") == .duplicate, "a name has one form")
        await engine.stop()
    }

    @Test("names are compared in one form: composed or not, with white space around them or without")
    func oneForm() async throws {
        let engine = try await engine()
        _ = await engine.submit(Command(source: "test", action: .createLocation(Location(code: " SU\u{308}D\n", name: "South"))))
        _ = await engine.submit(
            Command(
                source: "test",
                action: .createProduct(
                    NewProduct(
                        name: "C", content: .single(NewVariant(sku: "CAFE\u{301}", name: "C", barcodes: [Barcode(code: "77 ")]))))))
        for item in [ItemReference.sku("CAFÉ"), .sku("\u{FEFF}CAFE\u{301}\r\n"), .barcode("\t77"), .barcode("77\u{2003}")] {
            let line = Movement.Line(item: item, location: "SÜD ", operation: .add, quantity: 1)
            let outcome = await engine.submit(Command(source: "test", action: .move(Movement(lines: [line]))))
            let result = try #require(outcome.receipt?.lines.first)
            #expect(Array(result.location.utf8) == Array("SÜD".utf8) && Array(result.sku.utf8) == Array("CAFÉ".utf8))
        }
        let text = journal.allEvents.map { String(decoding: $0.json, as: UTF8.self) }.joined()
        #expect(!text.unicodeScalars.contains("\u{308}") && !text.unicodeScalars.contains("\u{301}"), "no event has another form")
        await engine.stop()
    }

    @Test("what names something is refused when it is longer than anything could be, and nothing is kept of that")
    func lengths() async throws {
        let engine = try await engine()
        let before = journal.allEvents.count
        func code(_ line: Movement.Line, _ id: String) async -> (Rejection.Code?, Int) {
            let outcome = await engine.submit(Command(id: id, source: "test", action: .move(Movement(lines: [line]))))
            guard case .rejected(let rejection) = outcome else { return (nil, 0) }
            return (rejection.code, rejection.message.utf8.count)
        }
        func line(_ item: ItemReference, location: String = "MAIN", to: String? = nil) -> Movement.Line {
            Movement.Line(item: item, location: location, operation: to == nil ? .add : .transfer, quantity: 1, destination: to)
        }
        let marks = "e" + String(repeating: "\u{301}", count: 500_000)
        for (number, line) in [
            line(.sku(String(repeating: "s", count: 65))), line(.sku(marks)), line(.barcode(String(repeating: "1", count: 257))),
            line(.barcode(marks)), line(.sku("MUG"), location: String(repeating: "l", count: 33)),
            line(.sku("MUG"), location: marks),
            line(.sku("MUG"), to: marks), line(.sku(" ")), line(.barcode("\u{FEFF}")), line(.sku("MUG"), location: ""),
        ].enumerated() {
            let (code, length) = await code(line, "long-\(number)")
            #expect(code == .invalidRequest && length < 200, "\(number)")
            #expect(try journal.answer(to: "long-\(number)") == nil)
        }
        let (code, length) = await code(line(.barcode(String(repeating: "9", count: 256))), "unknown")
        #expect(code == .unknownVariant && length < 200, "a message quotes 80 characters")
        #expect(journal.allEvents.count == before)
        await engine.stop()
    }

    @Test("what was handed in behind a command that could not be written does not overtake it", arguments: 1...3)
    func lanes(failing: Int) async throws {
        let first = try await engine()
        await first.stop()
        let gate = Gate()
        let failingJournal = journal(behind: gate, failing: [failing])
        let engine = try InventoryEngine(journal: failingJournal, configuration: .init(batch: 1), logger: Logger(label: "test"))
        let (lane, other) = (CommandLane(), CommandLane())
        let codes = Mutex<[Int: Rejection.Code?]>([:])
        gate.shut()
        for number in 1...5 {
            engine.submit(move(Int64(number), operation: .set), in: lane) { outcome in
                codes.withLock {
                    $0[number] = if case .rejected(let rejection) = outcome { rejection.code } else { Rejection.Code?.none }
                }
            }
            if number == 1 { try await eventually("the first is at the gate") { gate.isWaitedAt } }
        }
        engine.submit(move(7, operation: .add), in: other) { outcome in
            codes.withLock { $0[6] = if case .rejected(let rejection) = outcome { rejection.code } else { Rejection.Code?.none } }
        }
        gate.open()
        try await eventually("all are answered") { codes.withLock { $0.count == 6 } }
        for number in 1...5 {
            #expect(codes.withLock { $0[number] } == .some(number < failing ? nil : .unavailable), "\(number)")
        }
        #expect(codes.withLock { $0[6] } == .some(nil), "others go on")
        #expect(lane.isBroken && !other.isBroken)
        let late = try #require(await engine.submit([move(9, operation: .set)], in: lane)[0].rejection)
        #expect(late.code == .unavailable)
        await engine.stop()
    }
}

extension Timestamp {
    func advanced(by milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: self.milliseconds + milliseconds) }
}

@Suite("Time that has passed")
struct SteadyClockTests {
    private let start: Int64 = 1_795_365_600_000

    private func read(_ clock: inout SteadyClock, _ wall: Int64, at seconds: Int64) {
        clock.read(Timestamp(milliseconds: wall), uptime: .seconds(seconds))
    }

    @Test("it goes on with the monotonic clock, whatever the machine's shows")
    func monotonic() {
        var clock = SteadyClock(from: nil)
        read(&clock, start, at: 0)
        read(&clock, start + 10_000, at: 10)
        #expect(clock.now.milliseconds == start + 10_000)
        read(&clock, start + 3_650 * 86_400_000, at: 20)
        #expect(clock.now.milliseconds == start + 20_000, "ten years ahead")
        read(&clock, start - 86_400_000, at: 30)
        #expect(clock.now.milliseconds == start + 30_000, "a day back")
        read(&clock, start + 40_000, at: 40)
        #expect(clock.now.milliseconds == start + 40_000 && clock.believed.milliseconds == start + 40_000)
    }

    @Test("it goes on however often it is read, and a clock that was set is believed after an hour all the same")
    func readOften() {
        var clock = SteadyClock(from: nil)
        read(&clock, start, at: 0)
        // Two hours, read twice a millisecond for a second of each minute.
        for minute in 1...120 {
            for half in 0..<2_000 {
                let uptime = Duration.seconds(minute * 60) + .microseconds(half * 500)
                clock.read(
                    Timestamp(milliseconds: start - 86_400_000 + uptime.wholeMilliseconds), uptime: uptime)
            }
        }
        #expect(clock.now.milliseconds == start + 120 * 60_000 + 999)
        #expect(clock.believed.milliseconds == start - 86_400_000 + 120 * 60_000 + 999)
        for half in 0..<20_000 {
            clock.read(Timestamp(milliseconds: start), uptime: .seconds(7_201) + .microseconds(half * 500))
        }
        #expect(clock.now.milliseconds == start + 7_201_000 + 9_999, "ten seconds of such readings alone")
    }

    @Test("what passed while it did not run counts once the clock has stayed so for an hour")
    func downtime() {
        var clock = SteadyClock(from: .init(passed: start, offset: 0))
        let later = start + 5 * 86_400_000
        read(&clock, later, at: 0)
        #expect(clock.now.milliseconds == start)
        for minute in 1..<60 { read(&clock, later + Int64(minute) * 60_000, at: Int64(minute) * 60) }
        #expect(clock.now.milliseconds == start + 59 * 60_000)
        read(&clock, later + 3_600_000, at: 3_600)
        #expect(clock.now.milliseconds == later + 3_600_000)
    }

    @Test("a clock that is ahead at one start and right at the next has let nothing pass")
    func aheadOnce() {
        var clock = SteadyClock(from: .init(passed: start, offset: 0))
        read(&clock, start + 3_650 * 86_400_000, at: 0)
        read(&clock, start + 3_650 * 86_400_000 + 3_000, at: 3)
        var again = SteadyClock(from: clock.mark)
        read(&again, start + 6_000, at: 0)
        #expect(again.now.milliseconds == start + 6_000)
    }

    @Test("a clock that was set back for good is believed after an hour, and what passes then counts")
    func back() {
        var clock = SteadyClock(from: nil)
        read(&clock, start, at: 0)
        for minute in 1...61 { read(&clock, start - 86_400_000 + Int64(minute) * 60_000, at: Int64(minute) * 60) }
        #expect(clock.now.milliseconds == start + 61 * 60_000)
        #expect(clock.believed.milliseconds == start - 86_400_000 + 61 * 60_000)
        var again = SteadyClock(from: clock.mark)
        read(&again, start - 86_400_000 + 61 * 60_000 + 4_000, at: 0)
        #expect(again.now.milliseconds == start + 61 * 60_000 + 4_000, "a short stop")
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
