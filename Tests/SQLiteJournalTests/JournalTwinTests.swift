import Foundation
import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

/// The durable journal beside its twin in memory: whatever was appended, pruned and opened again, both answer every read alike.
///
/// One seed at a time, since appending blocks its thread, of which the tests together have as many as the machine has cores.
@Suite("The journal and its twin", .serialized)
struct JournalTwinTests {
    @Test("random batches, with prunes and restarts between them, are read alike", arguments: 1...UInt64(5))
    func random(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        var twins = try JournalTwins(path: folder.file("tallywire.db"), seed: seed)
        for step in 0..<80 {
            try await twins.append()
            switch Int.random(in: 0..<12, using: &twins.commands.random) {
            case 0: try twins.reopen()
            case 1: try await twins.prune()
            default: break
            }
            if step % 3 == 2 { try await twins.compare() }
        }
        try await twins.comparePast(of: .all)
        try twins.reopen()
        try await twins.comparePast(of: .all)
        #expect(try await twins.twin.range().first > 1 && twins.state.seq > 60, "hardly anything happened")
        #expect(try JournalAudit.run(path: folder.file("tallywire.db")).difference == nil, "what was pruned folds to what is kept")
    }
}

/// Two journals that are told the same.
private struct JournalTwins {
    private let path: String
    private var journal: SQLiteJournal
    let twin = InMemoryJournal()
    private(set) var state = InventoryState()
    var commands: RandomCommands
    /// A minute and a bit more at each batch: the journal on disk notes ages by the minute.
    private var now = Timestamp(milliseconds: 1_795_365_600_000)
    private var ids: [String] = []
    /// What was answered right after each batch.
    private var answers: [UInt64: PastAnswers] = [:]
    private let serials = ["S-1", "S-2"]

    init(path: String, seed: UInt64) throws {
        self.path = path
        journal = try SQLiteJournal(path: path)
        commands = RandomCommands(seed: seed)
    }

    mutating func reopen() throws {
        try journal.close()
        if commands.random.next() % 3 == 0 {
            // As in a journal of an earlier version, which does not say when units came to a location first.
            let queue = try DatabaseQueue(path: path)
            try queue.write { db in try db.execute(sql: "UPDATE balances SET arrived = NULL") }
            try queue.close()
        }
        journal = try SQLiteJournal(path: path)
        state = try journal.load()
        state.forgetChanges()
    }

    mutating func append() async throws {
        now = Timestamp(milliseconds: now.milliseconds + 61_000)
        var batch = JournalBatch(changes: state.changes, timestamp: now, clockOffset: pick([0, 0, 5_000]))
        for _ in 0..<Int.random(in: 1...8, using: &commands.random) {
            let id = "id-\(ids.count)"
            let action = commands.next(in: state)
            // The clock of the machine is set back now and then; what passed is not.
            let shown = Timestamp(milliseconds: now.milliseconds - pick([0, 0, 0, 3_600_000]))
            var circumstances = Circumstances()
            if case .useCount(let use) = action { circumstances.endedCount = try journal.endedCount(use.count) }
            let decision = state.decide(Command(id: id, source: "test", action: action), id: id, now: shown, circumstances)
            batch.events += decision.events.map { EventEnvelope($0, json: $0.json, location: $0.causeOfAlert) }
            let fingerprint = state.fingerprint(of: action)
            batch.answers.append(
                StoredAnswer(
                    id: id, fingerprint: fingerprint, outcome: decision.outcome, timestamp: now, nonce: pick([nil, "nonce-\(id)"])))
            ids.append(id)
            if let update = decision.events.last, case .inventoryUpdated(let updated) = update.body {
                let key = SerialCount.Key(variant: updated.variantID, serial: pick(serials))
                batch.serials.append(SerialCount(key: key, direction: pick([.into, .out]), seq: update.seq))
            }
        }
        while let next = state.nextToExpire(), next.expiresAt <= now {
            batch.events += state.expire(next, id: "end", source: "test", now: now).events.map { EventEnvelope($0, json: $0.json) }
        }
        if ids.count > 10 {
            for id in [ids[ids.count - 10], ids[ids.count / 2]] where !batch.answers.contains(where: { $0.id == id }) {
                batch.reversals[id] = ids.last
            }
        }
        for index in batch.answers.indices where index % 3 == 0 { batch.answers[index].reversedBy = ids.last }
        batch.changes = state.changes
        state.forgetChanges()
        batch.positions = pick([[:], ["log": state.seq / 2], ["displays": state.seq, "other": 1]])
        batch.logIndex = try twin.applied() + 1
        try journal.append(batch)
        try twin.append(batch)
        let (cursor, seq) = (pick(["log", "displays", "device:mqtt/dock-1"]), state.seq)
        for journal in [journal, twin] as [any Journal] { try await journal.storeCursor(seq, of: cursor) }
        answers[seq] = PastAnswers(
            variants: try await twin.variants(after: nil, limit: 1_000).value.map(\.past),
            stock: try await twin.stock(StockQuery(limit: 1_000)).value.map(\.past))
    }

    mutating func prune() async throws {
        let retention = Retention(
            age: .seconds(61 * Int64.random(in: 0...20, using: &commands.random)), size: 1 << 30, hardLimit: 1 << 30)
        let protected = state.seq - min(state.seq, UInt64.random(in: 0...30, using: &commands.random))
        let reports = try await (
            journal.prune(retention, protected: protected, now: now), twin.prune(retention, protected: protected, now: now)
        )
        #expect(reports.0 == reports.1)
    }

    mutating func compare() async throws {
        let stored = try (journal.load(), twin.load())
        #expect(stored.0.seq == stored.1.seq && stored.0.lastIDs == stored.1.lastIDs && stored.0.locations == stored.1.locations)
        #expect(stored.0.products == stored.1.products && stored.0.variants == stored.1.variants)
        #expect(try journal.clocks() == twin.clocks() && journal.applied() == twin.applied())
        for id in ids.suffix(20) + [ids[ids.count / 2], "none"] { #expect(try journal.answer(to: id) == twin.answer(to: id)) }
        for variant in state.variants.keys {
            for serial in serials {
                let key = SerialCount.Key(variant: variant, serial: serial)
                #expect(try journal.serialCount(of: key) == twin.serialCount(of: key))
            }
        }
        let first = try await twin.range().first
        let since = UInt64.random(in: 0...state.seq, using: &commands.random)
        let (limit, bytes) = (pick([1, 3, 1_000]), pick([1, 700, 1 << 20]))
        try await alike { journal in
            let range = try await journal.range()
            return [range.first, range.last]
        }
        try await alike { try await $0.events(after: since, limit: limit, maxBytes: bytes).map(\.json) }
        try await alike { try await $0.events(after: first - 1, limit: 1_000, maxBytes: 1 << 20).map(\.subject) }
        let range = since...(since + UInt64(limit))
        #expect(try journal.events(range)?.map(\.json) == twin.events(range)?.map(\.json))
        for source in ["test", "none"] {
            let moment = Timestamp(milliseconds: now.milliseconds - 61_000 * Int64(since % 90))
            let found = try [journal, twin].map { (journal: any Journal) in
                try journal.newestChange(by: source, since: moment, among: limit)?.seq
            }
            // Times fall where the clock of the machine was set back, and there the search may end at either of two events.
            #expect(found[0] == found[1] || found.contains(nil))
        }
        for name in ["log", "displays", "other", "device:mqtt/dock-1", "nobody"] {
            try await alike { try await $0.cursor(of: name) }
        }
        try await compareHistory(limit: limit, since: since)
        try await compareStock(limit: limit, since: since)
        try await compareReservations(limit: limit, since: since)
        try await compareCounts(limit: limit, since: since)
        try await comparePast(of: .some)
        try await compareMoment(limit: limit, since: since)
    }

    private mutating func compareCounts(limit: Int, since: UInt64) async throws {
        let open = try (journal.load(), twin.load()).0.runningCounts.sorted { $0.number < $1.number }
        #expect(try open == twin.load().runningCounts.sorted { $0.number < $1.number })
        let query = CountQuery(
            status: pick([nil] + StockCount.Status.allCases), location: pick([nil, "MAIN"]), before: pick([nil, since]),
            limit: limit)
        try await alike { try await $0.counts(query) }
        for id in ids.suffix(60) + ["none"] {
            try await alike { try await $0.count(id) }
            #expect(try journal.endedCount(id) == twin.endedCount(id))
        }
    }

    enum Choice { case all, some }

    /// What was answered after a batch is answered again, as long as no event after it was deleted.
    mutating func comparePast(of choice: Choice) async throws {
        let oldest = try await twin.range().first - 1
        for (seq, answer) in answers where choice == .all || Int.random(in: 0..<8, using: &commands.random) == 0 {
            for journal in [journal, twin] as [any Journal] {
                guard seq >= max(oldest, 1) else {
                    await #expect(throws: PastError.self) { try await journal.variant(VariantID(1), at: seq) }
                    continue
                }
                let stock = try await journal.stock(StockQuery(limit: 1_000), at: seq)
                try #require(stock.seq == seq && stock.value.map(\.past) == answer.stock, "stock after event \(seq)")
                for id in 1...30 {
                    let then = try await journal.variant(VariantID(Int64(id)), at: seq).value?.past
                    let answered = answer.variants.first { $0.variant.id.rawValue == Int64(id) }
                    try #require(then == answered, "variant \(id) after event \(seq)")
                }
            }
        }
    }

    /// Any moment, also between two events of one command, and every filter.
    private mutating func compareMoment(limit: Int, since: UInt64) async throws {
        let first = min(twin.allEvents.first?.timestamp ?? now, now).milliseconds
        let time = Timestamp(milliseconds: Int64.random(in: first - 2...now.milliseconds + 2, using: &commands.random))
        let event = twin.allEvents.randomElement(using: &commands.random)
        for moment in [.time(time), .time(event?.timestamp ?? now), .seq(since), .seq(state.seq + 1)] as [JournalMoment] {
            try await alike { journal in
                do { return "\(try await journal.event(at: moment))" } catch let error as PastError { return "\(error)" }
            }
        }
        guard let seq = try? await twin.event(at: .seq(since)) else { return }
        let variant = VariantID(Int64.random(in: 0...30, using: &commands.random))
        let after = pick([nil, StockQuery.Position(variant: variant, location: "MAIN")])
        for sku in [nil] + RandomCommands.skus {
            let query = StockQuery(
                sku: sku, location: pick([nil, "WH1", "MAIN"]), after: after, limit: limit,
                includesRemovedLocations: pick([false, true]))
            try await alike { try await $0.stock(query, at: seq).value.map(\.past) }
            if let sku { try await alike { try await $0.hasSKU(sku, at: seq) } }
        }
        for code in ["MAIN", "WH1", "YARD", "none"] { try await alike { try await $0.hasLocation(code, at: seq) } }
        for id in 1...30 {
            try await alike { journal in
                var record = try await journal.variant(VariantID(Int64(id)), at: seq).value?.past
                // Between two events of a command the level at a location is that before the command.
                for index in record?.variant.thresholds.indices ?? 0..<0 { record?.variant.thresholds[index].level = .ok }
                return record
            }
        }
    }

    private mutating func compareReservations(limit: Int, since: UInt64) async throws {
        let open = try (journal.load(), twin.load()).0.openReservations.sorted { $0.number < $1.number }
        #expect(try open == twin.load().openReservations.sorted { $0.number < $1.number })
        let query = ReservationQuery(
            status: pick([nil] + Reservation.Status.allCases), reference: pick([nil, nil, "order"]),
            expiringBefore: pick([nil, now]), after: pick([0, since]), limit: limit)
        try await alike { try await $0.reservations(query) }
        for id in ids.suffix(30) + ["none"] {
            try await alike { try await $0.reservation(id) }
            #expect(try journal.endedReservation(id) == twin.endedReservation(id))
        }
    }

    private mutating func compareHistory(limit: Int, since: UInt64) async throws {
        let moments = (0..<2).map { _ in
            Timestamp(milliseconds: now.milliseconds - Int64.random(in: 0...8_000_000, using: &commands.random))
        }
        let query = HistoryQuery(
            variant: pick([nil, state.variants.keys.sorted().first]), types: pick([nil, [.stockAlert, .catalogueChanged]]),
            before: pick([nil, since]), after: pick([0, 0, since / 2]), from: pick([nil, moments.min()]),
            until: pick([nil, moments.max()]),
            limit: limit, scan: pick([20_000, 7]))
        // How many events are looked at for a page differs, so a page may be shorter; all pages together are the same.
        var pages: [[UInt64]] = []
        for journal in [journal, twin] as [any Journal] {
            var (query, seqs) = (query, [UInt64]())
            while true {
                let page = try await journal.history(query)
                seqs += page.events.map(\.seq)
                guard let next = page.next else { break }
                query.before = next
            }
            pages.append(seqs)
        }
        #expect(pages[0] == pages[1], "\(query)")
    }

    private mutating func compareStock(limit: Int, since: UInt64) async throws {
        let (product, variant) = (
            ProductID(Int64.random(in: 0...6, using: &commands.random)),
            VariantID(Int64.random(in: 0...30, using: &commands.random))
        )
        let (search, sku, location) = (pick([nil, "th", "TEE", "ö"]), pick([nil, "MUG", "PEN"]), pick([nil, "WH1", "MAIN"]))
        try await alike { try await $0.products(after: product, limit: limit, search: search) }
        try await alike { try await $0.products(after: nil, limit: limit, search: nil) }
        try await alike { try await $0.product(product) }
        let items =
            RandomCommands.skus.map(ItemReference.sku) + RandomCommands.codes.map(ItemReference.barcode) + [.variant(variant)]
        for item in items { try await alike { try await $0.variant(item) } }
        try await alike { try await $0.variants(after: variant, limit: limit) }
        let after = pick([nil, StockQuery.Position(variant: variant, location: "MAIN")])
        try await alike { try await $0.stock(StockQuery(sku: sku, location: location, after: after, limit: limit)) }
        try await alike { try await $0.alerts(AlertQuery(location: location, after: after, limit: limit)) }
        let open = state.variants.values.flatMap { [$0.alert] + $0.thresholds.map(\.alert) }.compactMap { $0?.seq }
        for alert in [since] + open { try await alike { try await $0.alert(alert) } }
        for selection in [.all, .changed(since: since), .named(products: [product], variants: [variant])] as [VariantSelection] {
            try await alike { try await $0.values(of: selection, limit: limit) }
        }
        let all = StockQuery(location: location, after: after, limit: limit, includesRemovedLocations: true)
        try await alike { try await $0.stock(all) }
        try await alike { try await $0.locations() }
        try await alike { try await $0.removedLocations() }
        try await alike { try await $0.counts() }
    }

    private func alike<Value: Equatable>(
        _ read: (any Journal) async throws -> Reading<Value>, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answers = try await (read(journal), read(twin))
        try #require(answers.0.seq == answers.1.seq, sourceLocation: sourceLocation)
        try #require(answers.0.value == answers.1.value, "\(answers)", sourceLocation: sourceLocation)
    }

    /// Both answer the same, or refuse with the same code.
    private func alike<Value: Equatable>(
        _ read: (any Journal) async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var answers: [Result<Value, JournalError>] = []
        for journal in [journal, twin] as [any Journal] {
            do { answers.append(.success(try await read(journal))) } catch let error as JournalError {
                answers.append(.failure(JournalError(error.code, "")))
            }
        }
        #expect(answers[0] == answers[1], sourceLocation: sourceLocation)
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &commands.random)]
    }
}

/// What was answered of all variants and balances.
private struct PastAnswers {
    let variants: [PastRecord]
    let stock: [StockRecord]
}

private struct PastRecord: Equatable {
    var variant: Variant
    let productName: String
    let price: Price?
    let status: ProductStatus
}

extension Balance {
    /// Without the time of the last count, of which no answer tells.
    fileprivate var past: Balance {
        Balance(
            location: location, onHand: onHand, reserved: reserved,
            details: BalanceDetails(
                damaged: units(in: .damaged), inspection: units(in: .inspection), safety: units(in: .safety), incoming: incoming))
    }
}

extension StockRecord {
    fileprivate var past: StockRecord {
        StockRecord(sku: sku, product: product, variant: variant, isDefaultVariant: isDefaultVariant, balance: balance.past)
    }
}

extension VariantRecord {
    /// Without what no answer tells.
    fileprivate var past: PastRecord {
        var variant = variant
        variant.balances = Balances(variant.balances.map(\.past))
        variant.alert = nil
        variant.wasStocked = false
        for index in variant.thresholds.indices { variant.thresholds[index].alert = nil }
        return PastRecord(variant: variant, productName: productName, price: price, status: status)
    }
}

extension Event {
    /// A location for the row of an alert of the total, as the writer gives one.
    fileprivate var causeOfAlert: String? {
        if case .stockAlert(let alert) = body, alert.scope == .total { "WH1" } else { nil }
    }
}
