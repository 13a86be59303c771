import Logging
import TallywireCore
import TallywireEngine

/// The duties of every ``Journal``. Run each check on a new, empty journal.
///
/// ```swift
/// @Test(arguments: JournalConformance.checks)
/// func conformance(check: JournalConformance) async throws { try await check.run(on: MyJournal()) }
/// ```
public struct JournalConformance: Sendable, CustomStringConvertible {
    /// The duty, as a sentence.
    public let description: String
    private let body: @Sendable (any Journal) async throws -> Void

    /// Throws ``ConformanceFailure`` if `journal` does not fulfil the duty.
    public func run(on journal: any Journal) async throws {
        try await body(journal)
    }

    /// All duties.
    public static let checks: [JournalConformance] = [
        JournalConformance("an empty journal holds nothing") { journal in
            try require(try journal.load().seq == 0, "the state of an empty journal is at 0")
            let range = try await journal.range()
            try require(range.first == 1 && range.last == 0, "an empty journal ranges from 1 to 0")
            try require(try await journal.events(after: 0, limit: 10, maxBytes: 1_000).isEmpty, "an empty journal has no events")
        },
        JournalConformance("what was appended is read back, byte for byte, and the state with it") { journal in
            var script = JournalScript()
            let batches = [script.catalogue(), script.movement(5), script.movement(-2)]
            for batch in batches { try journal.append(batch) }
            let events = try await journal.events(after: 0, limit: 1_000, maxBytes: 1 << 20)
            try require(events.map(\.json) == batches.flatMap(\.events).map(\.json), "the JSON is the same")
            try require(events.map(\.subject) == batches.flatMap(\.events).map(\.subject), "the subjects are the same")
            let state = try journal.load()
            try require(state.variants == script.state.variants, "the variants are the same")
            try require(state.products == script.state.products, "the products are the same")
            try require(state.locations == script.state.locations, "the locations are the same")
            try require(state.seq == script.state.seq && state.lastIDs == script.state.lastIDs, "seq and ids are the same")
        },
        JournalConformance("reading heeds position, number and bytes") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            for _ in 0..<5 { try journal.append(script.movement(1)) }
            let all = try await journal.events(after: 0, limit: 1_000, maxBytes: 1 << 20)
            let some = try await journal.events(after: 2, limit: 2, maxBytes: 1 << 20)
            try require(some.map(\.seq) == [3, 4], "two events after 2 are 3 and 4")
            let one = try await journal.events(after: 0, limit: 1_000, maxBytes: 1)
            try require(one.count == 1, "one event at least, and no more than the bytes allow")
            let two = try await journal.events(after: 0, limit: 1_000, maxBytes: all[0].json.count + all[1].json.count)
            try require(two.count == 2, "two events fill the bytes of two")
        },
        JournalConformance("the writer finds what a movement did, which one was the last, and that one was reversed") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            var batch = script.movement(5, id: "m-1")
            try journal.append(batch)
            let seq = script.state.seq
            try require(
                try journal.events(seq...seq)?.map(\.json) == batch.events.suffix(1).map(\.json), "events are read by number")
            try require(try journal.answer(to: "m-1")?.reversedBy == nil, "nothing is reversed at first")
            batch = script.movement(-5, id: "m-2")
            batch.reversals = ["m-1": "m-2", "unknown": "m-2"]
            try journal.append(batch)
            try require(
                try journal.answer(to: "m-1")?.reversedBy == "m-2", "the answer of a reversed movement says by which reversal")
            try require(try await journal.storedAnswer(to: "m-1")?.reversedBy == "m-2", "to every reader")
            try require(try journal.answer(to: "m-2")?.reversedBy == nil, "the reversal is not reversed")
            let (long, last) = (Timestamp(milliseconds: 0), script.state.seq)
            let found = try journal.newestChange(by: "test", since: long, among: 1_000)?.seq
            try require(found.map { (seq...last).contains($0) } ?? false, "the newest change of a source is found")
            for source in ["tes", "other"] {
                try require(try journal.newestChange(by: source, since: long, among: 1_000) == nil, "of that source alone")
            }
            let later = script.now.advanced(by: .milliseconds(1))
            try require(try journal.newestChange(by: "test", since: later, among: 1_000) == nil, "not one that is older")
            try require(try journal.newestChange(by: "test", since: long, among: 0) == nil, "among no event there is none")
        },
        JournalConformance("a batch that does not follow is refused, whole") { journal in
            var script = JournalScript()
            let first = script.catalogue()
            let second = script.movement(1)
            try requireError(.outOfOrder, "an append with a gap") { try journal.append(second) }
            try journal.append(first)
            try requireError(.outOfOrder, "an append of what is there") { try journal.append(first) }
            try require(try await journal.range().last == first.events.last?.seq, "nothing of it is there")
            try journal.append(second)
        },
        JournalConformance("answers are kept with their meaning") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            let batch = script.movement(3, id: "scan-1")
            try journal.append(batch)
            try require(try journal.answer(to: "scan-1") == batch.answers.first, "the answer is the one that was given")
            try require(try journal.answer(to: "scan-2") == nil, "an id that was never used has none")
            let rejection = StoredAnswer(
                id: "scan-3", fingerprint: CommandFingerprint(written: .max, resolved: 1),
                outcome: .rejected(Rejection(.insufficientStock, "nothing \"left\"", field: "lines[0]", available: 0)),
                timestamp: script.now, asked: ["source": "test", "lines": [["sku": "A \"B\"", "quantity": 3]]], nonce: "n-1")
            try journal.append(JournalBatch(answers: [rejection], changes: script.state.changes, timestamp: script.now))
            try require(try journal.answer(to: "scan-3") == rejection, "a batch without events keeps its answers")
            try require(try await journal.storedAnswer(to: "scan-3") == rejection, "and every reader gets them, with their nonce")
        },
        JournalConformance("entries of a log are applied one after the other, and the positions in them are cursors at once") {
            journal in
            var script = JournalScript()
            try require(try journal.applied() == 0, "nothing is applied at first")
            try requireError(.outOfOrder, "an entry 0") { try journal.append(script.entry(0)) }
            try journal.append(script.entry(7, script.catalogue()))
            try require(try journal.applied() == 7, "a journal may begin with any entry")
            try await journal.storeCursor(3, of: "log")
            try await journal.storeCursor(4, of: "log")
            try journal.append(script.entry(8, positions: ["log": 2, "shop": 9]))
            func cursors() async throws -> [UInt64?] {
                [try await journal.cursor(of: "log"), try await journal.cursor(of: "shop")]
            }
            try require(try await cursors() == [2, 9], "the positions of an entry replace what was stored")
            try require(try journal.applied() == 8 && journal.load().seq == script.state.seq, "also of one without events")
            for index in [0, 7, 8, 10, .max] as [UInt64] {
                try requireError(.outOfOrder, "entry \(index) after 8") {
                    try journal.append(script.entry(index, positions: ["log": 50]))
                }
            }
            try require(try await cursors() == [2, 9] && journal.applied() == 8, "nothing of a refused entry is there")
            try await journal.storeCursor(5, of: "log")
            try require(try await cursors() == [5, 9], "what is stored later counts again")
            try journal.append(script.movement(1))
            try require(try journal.applied() == 8, "a batch of the server's own is no entry")
        },
        JournalConformance("the last count of a serial number is kept as long as its event") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            let key = SerialCount.Key(variant: VariantID(11), serial: "S-1")
            try require(try journal.serialCount(of: key) == nil, "what was never counted has no count")
            for direction in [SerialCount.Direction.into, .out] {
                var batch = script.movement(1)
                let seq = script.state.seq
                batch.serials = [
                    SerialCount(key: .init(variant: VariantID(12), serial: "S-1"), direction: .into, seq: seq),
                    SerialCount(key: key, direction: direction, seq: seq),
                ]
                try journal.append(batch)
                let count = try journal.serialCount(of: key)
                try require(
                    count == SerialCount(key: key, direction: direction, seq: seq),
                    "the last one counts: \(String(describing: count))")
            }
            let last = script.state.seq
            try journal.append(script.movement(1))
            _ = try await journal.prune(
                Retention(age: .seconds(0), size: 1 << 30, hardLimit: 1 << 30), protected: last,
                now: Timestamp(milliseconds: script.now.milliseconds + 10_000))
            try require(try journal.serialCount(of: key) == nil, "it goes with its event")
        },
        JournalConformance("values of many variants are read in one look: all, those that changed, those that are named") {
            journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.append(script.movement(3))
            let before = script.state.seq
            func ids(_ selection: VariantSelection, limit: Int = 10) async throws -> [Int64] {
                try await journal.values(of: selection, limit: limit).value.variants.map(\.record.variant.id.rawValue)
            }
            try require(try await ids(.all) == [11, 12], "all are both")
            let cut = try await journal.values(of: .all, limit: 1)
            try require(cut.value.variants.count == 1 && cut.value.isCut, "a limit cuts, and that is said")
            try require(try await ids(.changed(since: before)).isEmpty, "nothing has changed since the end")
            try journal.append(script.movement(2))
            let changed = try await journal.values(of: .changed(since: before), limit: 10)
            try require(changed.seq == script.state.seq && changed.value.variants.count == 1, "one has changed")
            try require(changed.value.variants.first?.record.variant.stock == 5, "its value is that of now")
            try require(changed.value.variants.first?.record.price == Price("2.50"), "it has its product's price")
            try require(changed.value.variants.first?.record.variant.balances.first?.onHand == 5, "its balances are there")
            try require(changed.value.variants.first?.totals == StockTotals(onHand: 5, reserved: 0), "its totals are there")
            try require(try await ids(.named(products: [ProductID(1)], variants: [VariantID(11)])) == [11, 12], "each once")
            try require(try await ids(.named(products: [], variants: [VariantID(12), VariantID(99)])) == [12], "those that exist")
            let middle = script.state.seq
            try journal.append(script.removal())
            let gone = try await journal.values(of: .changed(since: middle), limit: 10).value
            try require(gone.removed.map(\.sku) == ["A-2"], "what was removed is told")
            try require(try await journal.values(of: .changed(since: script.state.seq), limit: 10).value.removed.isEmpty, "once")
        },
        JournalConformance("cursors are kept by name") { journal in
            try require(try await journal.cursor(of: "log") == nil, "a new sink has no cursor")
            try await journal.storeCursor(7, of: "log")
            try await journal.storeCursor(9, of: "log")
            try await journal.storeCursor(1, of: "displays")
            try require(try await journal.cursor(of: "log") == 9, "the newest counts")
            try require(try await journal.cursor(of: "displays") == 1, "each sink has its own")
        },
        JournalConformance("retention deletes the oldest, never what is protected, and says from where events are kept") {
            journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            for _ in 0..<20 { try journal.append(script.movement(1)) }
            let last = script.state.seq
            let later = Timestamp(milliseconds: script.now.milliseconds + 10_000)
            let retention = Retention(age: .seconds(5), size: 1 << 30, hardLimit: 1 << 30)
            let report = try await journal.prune(retention, protected: 10, now: later)
            try require(report.firstKept == 11 && report.deleted == 10 && report.unread == 0, "ten events go: \(report)")
            try require(try await journal.range().first == 11, "the range says so")
            do {
                _ = try await journal.events(after: 5, limit: 10, maxBytes: 1_000)
                throw ConformanceFailure("reading what is gone has to throw")
            } catch let error as JournalError {
                try require(error.code == .pruned, "what is gone is `pruned`, not \(error.code)")
            }
            try require(try await journal.events(after: 10, limit: 1, maxBytes: 1_000).first?.seq == 11, "what is kept can be read")
            let hard = try await journal.prune(
                Retention(age: .seconds(1_000), size: 1, hardLimit: 1), protected: 10, now: later)
            try require(hard.unread == Int(last) - 10, "beyond the hard limit the unread go and are counted: \(hard)")
            try require(try journal.load().variants == script.state.variants, "the state stays")
            try journal.append(script.movement(1))
            try require(
                try await journal.events(after: last, limit: 9, maxBytes: 1_000).first?.seq == last + 1, "the count goes on")
        },
        JournalConformance("readers see stock and catalogue as committed, and the seq at which they hold") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.append(script.movement(5))
            let variant = try await journal.variant(.sku("A-1"))
            try require(variant.seq == script.state.seq, "the reading holds at the last event")
            try require(variant.value?.variant == script.state.variants[VariantID(11)], "the variant is as decided")
            try require(variant.value?.price == Price("2.50"), "it has its product's price")
            try require(
                try await journal.variant(.barcode("4006381333931")).value?.variant.sku == "A-1", "a code finds its variant")
            try require(try await journal.variant(.variant(VariantID(99))).value == nil, "an unknown variant is nil")
            try require(try await journal.product(ProductID(1)).value?.variants.count == 2, "a product comes with its variants")
            try require(try await journal.product(ProductID(1)).value?.product.totalStock == 5, "and its total")
            let page = try await journal.variants(after: nil, limit: 1).value
            try require(page.map(\.variant.id) == [VariantID(11)], "pages begin with the lowest id")
            let next = try await journal.variants(after: VariantID(11), limit: 10).value
            try require(next.map(\.variant.id) == [VariantID(12)], "and go on after it")
            try require(try await journal.alerts(AlertQuery(limit: 10)).value.count == 2, "low and out are alerts")
            let balances = try await journal.stock(StockQuery(location: "MAIN", limit: 10)).value
            try require(balances.map(\.balance.onHand) == [5], "balances are by location")
            try require(try await journal.stock(StockQuery(sku: "NO", limit: 10)).value.isEmpty, "an unknown SKU has none")
            try require(try await journal.products(after: nil, limit: 10, search: "a-1").value.count == 1, "search finds SKUs")
            try require(try await journal.products(after: nil, limit: 10, search: "%").value.isEmpty, "search has no wildcards")
            try require(try await journal.products(after: ProductID(1), limit: 10, search: nil).value.isEmpty, "pages end")
            try require(try await journal.locations().value == [.main], "locations are there")
            let counts = try await journal.counts().value
            try require(counts == StockCounts(products: 1, variants: 2, locations: 1), "counts are right")
        },
        JournalConformance("the writer reads the same history as everybody") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            for _ in 0..<5 { try journal.append(script.movement(5)) }
            for query in [
                HistoryQuery(variant: VariantID(11), limit: 3), HistoryQuery(limit: 100),
                HistoryQuery(variant: VariantID(11), types: [.inventoryUpdated], before: script.state.seq, limit: 100),
            ] {
                let (mine, others) = (try journal.historyForWriter(query), try await journal.history(query))
                try require(!mine.events.isEmpty && mine.events.map(\.seq) == others.events.map(\.seq), "the events are the same")
                try require(mine.next == others.next, "and so is the next page")
            }
        },
        JournalConformance("a location can be changed and removed, and no variant has a balance where it was") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            let yard = Location(code: "YARD", name: "Yard", priority: 3)
            let line = Movement.Line(item: .sku("A-1"), location: "YARD", operation: .add, quantity: 2)
            try journal.append(script.batch([.createLocation(yard), .move(Movement(lines: [line]))]))
            try journal.append(script.batch([.updateLocation("YARD", LocationUpdate(sells: false))]))
            try require(
                try await journal.locations().value == [.main, Location(code: "YARD", name: "Yard", sells: false, priority: 3)],
                "the location is changed")
            try require(try await journal.variant(.sku("A-1")).value?.variant.stock == 0, "and the stock with it")
            let none = Movement.Line(item: .sku("A-1"), location: "YARD", operation: .set, quantity: 0)
            try journal.append(script.batch([.move(Movement(lines: [none])), .removeLocation("YARD")]))
            try require(try await journal.locations().value == [.main], "the location is removed")
            try require(try await journal.removedLocations().value == ["YARD"], "and known as removed")
            try require(try await journal.variant(.sku("A-1")).value?.variant.balances == [], "nothing is where it was")
            try require(try await journal.stock(StockQuery(limit: 9)).value.isEmpty, "in no list of stock")
            let left = try await journal.stock(StockQuery(location: "YARD", limit: 9, includesRemovedLocations: true)).value
            try require(left.map(\.sku) == ["A-1"], "but what was there can be asked for")
            try require(try journal.load().variants == script.state.variants, "the state keeps it")
            try journal.append(script.batch([.createLocation(yard)]))
            try require(try await journal.removedLocations().value.isEmpty, "a location can be made anew")
            try require(try await journal.stock(StockQuery(limit: 9)).value.map(\.balance.onHand) == [0], "with what was there")
        },
        JournalConformance("the alert that is open is kept with who has seen it, until the level changes") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.append(script.movement(20))
            try journal.append(script.movement(-15))
            let seq = script.state.seq
            try require(try await journal.alert(seq).value?.variant.variant.sku == "A-1", "the alert leads to its variant")
            try require(try await journal.alert(seq - 1).value == nil, "another event does not")
            try journal.append(script.acknowledgement(of: seq))
            let seen = try await journal.alerts(AlertQuery(limit: 10)).value.first?.alert
            try require(seen?.seq == seq && seen?.acknowledgement?.by == "anna", "who has seen it is told")
            try require(try journal.load().variants == script.state.variants, "and is in the state")
            try journal.append(script.movement(20))
            try require(try await journal.alert(seq).value == nil, "it is over with the level")
            try require(try journal.load().variants == script.state.variants, "also in the state")
        },
        JournalConformance("thresholds of locations have alerts of their own, which go with the threshold") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.append(script.movement(20))
            func change(_ low: Int64?) -> Command.Action {
                let rule = low.map { AlertRule(threshold: $0) }
                let thresholds = [ThresholdChange(location: "MAIN", rule: rule)]
                return .updateVariant(VariantID(11), VariantUpdate(thresholds: thresholds))
            }
            try journal.append(script.batch([change(30)]))
            let seq = script.state.seq
            let here = try await journal.alerts(AlertQuery(location: "MAIN", limit: 10)).value
            try require(here.map(\.level) == [.low] && here.first?.alert?.seq == seq, "the level there is listed with its alert")
            let all = try await journal.alerts(AlertQuery(limit: 10)).value.map(\.position)
            try require(all.map(\.location) == ["MAIN", ""], "beside the levels of totals")
            let rest = try await journal.alerts(AlertQuery(after: all.first, limit: 10)).value
            try require(rest.map(\.position) == [all[1]], "a page goes on after it")
            try journal.append(script.acknowledgement(of: seq))
            try require(try await journal.alert(seq).value?.alert?.acknowledgement?.by == "anna", "who has seen it is told")
            try require(try journal.load().variants == script.state.variants, "and is in the state")
            try journal.append(script.batch([change(nil)]))
            try require(try await journal.alert(seq).value == nil, "it is over with the threshold")
            try require(try journal.load().variants == script.state.variants, "also in the state")
        },
        JournalConformance("history is read from the newest backwards: of a variant, of types, in pages, as far as it is kept") {
            journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            for units in 1...6 { try journal.append(script.movement(Int64(units))) }
            func seqs(_ query: HistoryQuery) async throws -> [UInt64] { try await journal.history(query).events.map(\.seq) }
            let all = try await journal.events(after: 0, limit: 1_000, maxBytes: 1 << 20)
            let own = all.filter { $0.subject.variant == VariantID(11) }.map(\.seq)
            let moves = all.filter { $0.type == .inventoryUpdated }.map(\.seq)
            try require(try await seqs(HistoryQuery(limit: 100)) == all.map(\.seq).reversed(), "without a filter it is all")
            try require(try await seqs(HistoryQuery(variant: VariantID(11), limit: 100)) == own.reversed(), "a variant has its own")
            try require(try await seqs(HistoryQuery(variant: VariantID(99), limit: 100)).isEmpty, "an unknown one has none")
            try require(
                try await seqs(HistoryQuery(types: [.inventoryUpdated], limit: 2)) == moves.suffix(2).reversed(), "types are heeded"
            )
            var paged: [UInt64] = []
            var query = HistoryQuery(variant: VariantID(11), limit: 2, scan: 3)
            repeat {
                let page = try await journal.history(query)
                paged += page.events.map(\.seq)
                query.before = page.next
            } while query.before != nil
            try require(paged == own.reversed(), "pages go on where the last one ended: \(paged)")
            let last = script.state.seq
            let now = script.now
            try require(
                try await seqs(HistoryQuery(variant: VariantID(11), from: now, limit: 9)) == [last], "no older than asked for")
            try require(try await seqs(HistoryQuery(after: last - 2, limit: 9)) == [last, last - 1], "not before a seq")
            let earlier = Timestamp(milliseconds: now.milliseconds - 1)
            let older = try await seqs(HistoryQuery(variant: VariantID(11), until: earlier, limit: 1))
            try require(older == [last - 1], "no newer than asked for")
            _ = try await journal.prune(
                Retention(age: .seconds(0), size: 1 << 30, hardLimit: 1 << 30), protected: last - 2,
                now: Timestamp(milliseconds: now.milliseconds + 10_000))
            try require(
                try await seqs(HistoryQuery(variant: VariantID(11), limit: 9)) == [last, last - 1], "and what is kept, no error")
        },
        JournalConformance("what was so after an event, or at a time, is read again, also of what was removed since") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.append(script.movement(5))
            let (seq, time) = (script.state.seq, script.now)
            let then = try await journal.variant(.variant(VariantID(11)))
            try journal.append(script.movement(-2))
            let update = VariantUpdate(sku: "A-9", name: "Nine", price: .some(Price("7")))
            try journal.append(script.batch([.updateVariant(VariantID(11), update)]))
            try journal.append(script.removal())
            try require(try await journal.event(at: .time(time)) == seq, "a time leads to its last event")
            try require(
                try await journal.event(at: .time(time.advanced(by: .milliseconds(1)))) == seq + 1, "and the next to the next")
            let past = try await journal.variant(VariantID(11), at: seq)
            try require(past.seq == seq && past.value?.variant.sku == "A-1" && past.value?.variant.name == "One", "names come back")
            try require(past.value?.price == Price("2.50") && past.value?.variant.version == 1, "so do price and version")
            try require(past.value?.variant.stock == 5 && past.value?.variant.barcodes.count == 2, "so do stock and barcodes")
            try require(past.value?.variant.balances == then.value?.variant.balances, "and the balances")
            try require(try await journal.variant(VariantID(12), at: seq).value?.variant.sku == "A-2", "what was removed was there")
            try require(try await journal.variant(VariantID(11), at: 1).value == nil, "what was not made yet was not")
            let stock = try await journal.stock(StockQuery(sku: "A-1", limit: 9), at: seq).value
            try require(stock.map(\.balance.onHand) == [5], "and stock is found by the SKU of then")
            for (sku, had) in [("A-1", true), ("A-2", true), ("A-9", false)] {
                try require(try await journal.hasSKU(sku, at: seq) == had, "SKUs of then are known")
            }
            for (code, had) in [("MAIN", true), ("WH1", false)] {
                try require(try await journal.hasLocation(code, at: seq) == had, "and locations")
            }
            try await requireError(.notYet(last: script.state.seq), "a moment to come") {
                try await journal.event(at: .seq(script.state.seq + 1))
            }
            let start = Timestamp(milliseconds: time.milliseconds - 1)
            let first = OldestMoment(seq: 1, timestamp: start)
            for moment in [.seq(0), .time(Timestamp(milliseconds: start.milliseconds - 1))] as [JournalMoment] {
                try await requireError(.notKept(oldest: first), "a moment before the journal") {
                    try await journal.event(at: moment)
                }
            }
            let retention = Retention(age: .seconds(0), size: 1 << 30, hardLimit: 1 << 30)
            _ = try await journal.prune(retention, protected: seq, now: script.now.advanced(by: .seconds(1)))
            try require(
                try await journal.variant(VariantID(11), at: seq).value == past.value, "it is read as far as events are kept")
            for moment in [.seq(seq - 1), .time(start)] as [JournalMoment] {
                try await requireError(.notKept(oldest: OldestMoment(seq: seq, timestamp: time)), "a moment before them") {
                    try await journal.event(at: moment)
                }
            }
            try require(try await journal.event(at: .time(time)) == seq, "the oldest moment is answered")
        },
        JournalConformance("a flush tells the last entry of a log") { journal in
            var script = JournalScript()
            try require(try await journal.flush() == 0, "there is none at first")
            try journal.append(script.entry(7, script.catalogue()))
            try require(try await journal.flush() == 7, "the entry is flushed")
            try journal.append(script.entry(8, script.movement(1)))
            try journal.append(script.entry(9))
            try require(try await journal.flush() == 9, "and so is the last of several")
            try require(try await journal.flush() == 9, "also if nothing came since")
        },
        JournalConformance("a closed journal takes nothing") { journal in
            var script = JournalScript()
            try journal.append(script.catalogue())
            try journal.close()
            try await requireError(.closed, "a flush after closing") { _ = try await journal.flush() }
            try requireError(.closed, "an append after closing") { try journal.append(script.movement(1)) }
        },
    ]

    private init(_ description: String, _ body: @escaping @Sendable (any Journal) async throws -> Void) {
        self.description = description
        self.body = body
    }
}

/// A duty that was not fulfilled.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

private func require(_ condition: Bool, _ duty: String) throws {
    if !condition { throw ConformanceFailure("not so: \(duty)") }
}

private func requireError(_ code: JournalError.Code, _ what: String, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as JournalError where error.code == code {
        return
    }
    throw ConformanceFailure("\(what) has to throw \(code)")
}

private func requireError(_ code: JournalError.Code, _ what: String, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as JournalError where error.code == code {
        return
    }
    throw ConformanceFailure("\(what) has to throw \(code)")
}

private func requireError<Value>(
    _ wanted: PastError, _ what: String, _ body: () async throws -> Value
) async throws {
    do {
        _ = try await body()
    } catch let error as PastError where error == wanted {
        return
    } catch let error as PastError {
        throw ConformanceFailure("\(what) has to throw \(wanted) and not \(error)")
    }
    throw ConformanceFailure("\(what) has to throw \(wanted)")
}

/// Makes batches as an engine does.
public struct JournalScript: Sendable {
    public private(set) var state = InventoryState()
    public private(set) var now: Timestamp
    private var count = 0

    public init(start: Timestamp = Timestamp(milliseconds: 1_795_365_600_000)) { now = start }

    /// `MAIN`, and product 1 with the variants 11 (`A-1`) and 12 (`A-2`).
    public mutating func catalogue() -> JournalBatch {
        batch([
            Command(source: "test", action: .createLocation(.main)),
            Command(
                source: "test",
                action: .createProduct(
                    NewProduct(
                        id: ProductID(1), name: "Aleph", price: Price("2.50"),
                        content: .variants([
                            NewVariant(
                                id: VariantID(11), sku: "A-1", name: "One",
                                barcodes: [Barcode(code: "4006381333931"), Barcode(code: "14006381333938", units: 12)]),
                            NewVariant(id: VariantID(12), sku: "A-2", name: "Two", price: Price("3")),
                        ])))),
        ])
    }

    /// A movement of `A-1` at `MAIN` by so many units, a millisecond after the last batch.
    public mutating func movement(_ units: Int64, id: String? = nil) -> JournalBatch {
        let line = Movement.Line(
            item: .sku("A-1"), location: "MAIN", operation: units < 0 ? .subtract : .add, quantity: abs(units))
        return batch([Command(id: id, source: "test", action: .move(Movement(lines: [line])))])
    }

    /// An acknowledgement of the alert `seq` of `A-1`.
    public mutating func acknowledgement(of seq: UInt64) -> JournalBatch {
        let reply = AlertReply(variant: VariantID(11), alertSeq: seq, by: "anna", note: "soon")
        return batch([Command(source: "test", action: .acknowledge(reply))])
    }

    /// The removal of `A-2`.
    public mutating func removal() -> JournalBatch {
        batch([Command(source: "test", action: .removeVariant(VariantID(12)))])
    }

    /// The entry `index` of a replicated log: `batch`, or one without events and answers, with `positions`.
    public func entry(_ index: UInt64, _ batch: JournalBatch? = nil, positions: [String: UInt64] = [:]) -> JournalBatch {
        var entry = batch ?? JournalBatch(changes: state.changes, timestamp: now)
        entry.logIndex = index
        entry.positions = positions
        return entry
    }

    /// These changes, in one batch.
    public mutating func batch(_ actions: [Command.Action]) -> JournalBatch {
        batch(actions.map { Command(source: "test", action: $0) })
    }

    private mutating func batch(_ commands: [Command]) -> JournalBatch {
        now = Timestamp(milliseconds: now.milliseconds + 1)
        var batch = JournalBatch(changes: state.changes, timestamp: now)
        for command in commands {
            count += 1
            let id = command.id ?? "auto-\(count)"
            let fingerprint = state.fingerprint(of: command.action)
            let decision = state.decide(command, id: id, now: now)
            batch.events += decision.events.map { EventEnvelope($0, json: $0.json) }
            batch.answers.append(
                StoredAnswer(id: id, fingerprint: fingerprint, outcome: decision.outcome, timestamp: now, nonce: command.nonce))
        }
        batch.changes = state.changes
        state.forgetChanges()
        return batch
    }
}
