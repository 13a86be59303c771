import Synchronization
import TallywireCore
import TallywireEngine

/// A journal in memory, for tests: the twin of the durable one. A test can make its appends fail, and take back its last batches as
/// a power cut does.
public final class InMemoryJournal: Journal {
    private enum Write {
        case batch(JournalBatch)
        case cursor(String, UInt64)
        case prune(Retention, protected: UInt64, now: Timestamp)
    }

    private struct Contents {
        var state = InventoryState()
        var events: [EventEnvelope] = []
        var first: UInt64 = 1
        /// The state before the first event that is kept, and the time of the last event in it.
        var base = InventoryState()
        var baseTime: Timestamp?
        var answers: [String: StoredAnswer] = [:]
        /// The reservations that have ended, by number.
        var ended: [UInt64: Reservation] = [:]
        /// The counts that have ended, by number.
        var endedCounts: [UInt64: StockCount] = [:]
        var serials: [SerialCount.Key: SerialCount] = [:]
        var cursors: [String: UInt64] = [:]
        var changed: [VariantID: UInt64] = [:]
        var removed: [RemovedVariant] = []
        var removedLocations: Set<String> = []
        /// The time that had passed when each event was committed, and the clocks as the last batch had them.
        var ages: [UInt64: Int64] = [:]
        var mark: SteadyClock.Mark?
        /// The last entry of a replicated log.
        var applied: UInt64 = 0
        var failure: JournalError?
        var isClosed = false
        /// Everything that was written, in order.
        var writes: [Write] = []
        /// How many of them no power cut takes.
        var flushed = 0

        func checkPast(_ seq: UInt64) throws(PastError) {
            guard seq <= state.seq else { throw .notYet(last: state.seq) }
            let oldest =
                first > 1
                ? OldestMoment(seq: first - 1, timestamp: baseTime)
                : OldestMoment(seq: min(1, state.seq), timestamp: events.first?.timestamp)
            guard seq >= oldest.seq else { throw .notKept(oldest: oldest) }
        }

        func endedReservation(_ id: String) -> Reservation? {
            ended.values.filter { $0.id == id }.max { $0.number < $1.number }
        }

        func count(_ id: String) -> StockCount? {
            state.runningCounts.first { $0.id == id } ?? endedCounts.values.filter { $0.id == id }.max { $0.number < $1.number }
        }

        func history(_ query: HistoryQuery) throws -> HistoryPage {
            var builder = HistoryPageBuilder(query)
            for event in events.reversed() where query.before.map({ event.seq < $0 }) ?? true {
                guard !builder.isFull else { break }
                try builder.look(at: event)
            }
            if !builder.isFull { builder.end() }
            return builder.page
        }

        mutating func append(_ batch: JournalBatch) throws {
            if let first = batch.events.first, first.seq != state.seq + 1 {
                throw JournalError(.outOfOrder, "event \(first.seq) does not follow event \(state.seq)")
            }
            if let index = batch.logIndex, index == 0 || applied > 0 && index != applied + 1 {
                throw JournalError(.outOfOrder, "entry \(index) of the log does not follow entry \(applied)")
            }
            for event in batch.events { try state.fold(try event.event()) }
            note(state.changes)
            state.forgetChanges()
            events += batch.events
            for event in batch.events { ages[event.seq] = batch.timestamp.milliseconds }
            mark = SteadyClock.Mark(passed: batch.timestamp.milliseconds, offset: batch.clockOffset)
            for answer in batch.answers { answers[answer.id] = answer }
            for (key, reversal) in batch.reversals { answers[key]?.reversedBy = reversal }
            for count in batch.serials { serials[count.key] = count }
            cursors.merge(batch.positions) { $1 }
            if let index = batch.logIndex { applied = index }
            // Everything in its changes follows from its events.
            var kept = batch
            kept.changes = StateChanges(before: batch.changes.before, after: batch.changes.after)
            writes.append(.batch(kept))
        }

        mutating func prune(_ retention: Retention, protected: UInt64, now: Timestamp) throws -> PruneReport {
            writes.append(.prune(retention, protected: protected, now: now))
            let oldest = now.milliseconds - retention.age.wholeMilliseconds
            var size = events.reduce(0) { $0 + $1.json.count }
            var report = PruneReport(firstKept: first)
            while let event = events.first {
                let isUnread = event.seq > protected
                guard
                    isUnread
                        ? size > retention.hardLimit : ages[event.seq, default: .max] < oldest || size > retention.size
                else {
                    break
                }
                events.removeFirst()
                try base.fold(try event.event())
                base.forgetChanges()
                baseTime = event.timestamp
                ages[event.seq] = nil
                size -= event.json.count
                report.deleted += 1
                report.unread += isUnread ? 1 : 0
                first = event.seq + 1
                report.firstKept = first
            }
            serials = serials.filter { $0.value.seq >= first }
            let devices = cursors.filter { $0.key.hasPrefix(DevicePositions.prefix) }.sorted {
                ($1.value, $0.key) < ($0.value, $1.key)
            }
            for forgotten in devices.dropFirst(DevicePositions.limit) { cursors[forgotten.key] = nil }
            return report
        }

        mutating func store(_ seq: UInt64, of name: String) {
            cursors[name] = seq
            writes.append(.cursor(name, seq))
        }

        mutating func note(_ changes: StateChanges) {
            for change in changes.locations {
                if let location = change.after {
                    removedLocations.remove(location.code)
                } else if let location = change.before {
                    removedLocations.insert(location.code)
                }
            }
            for case let reservation? in changes.reservations.map(\.after) where reservation.status != .held {
                ended[reservation.number] = reservation
            }
            for case let count? in changes.counts.map(\.after) where count.status.hasEnded { endedCounts[count.number] = count }
            for change in changes.variants {
                if let variant = change.after {
                    changed[variant.id] = changes.after.seq
                    removed.removeAll { $0.variant == variant.id }
                } else if let gone = change.before {
                    removed.append(
                        RemovedVariant(
                            product: gone.productID, variant: gone.id, isDefault: gone.isDefault, sku: gone.sku,
                            changed: changes.after.seq))
                }
            }
        }
    }

    public let epoch: String
    private let contents = Mutex(Contents())

    public init(epoch: String = "test-epoch") {
        self.epoch = epoch
    }

    /// From now on every append throws `error`. `nil` lets appends succeed again.
    public func failAppends(with error: JournalError?) {
        contents.withLock { $0.failure = error }
    }

    /// The journal as a power cut leaves one that does not wait for the disk: without its last `count` batches, and without what was
    /// written after those. What was there at the last ``flush()`` is not lost. The journal that is returned has nothing that is flushed.
    public func losing(lastBatches count: Int) throws -> InMemoryJournal {
        let (all, flushed) = contents.withLock { ($0.writes, $0.flushed) }
        var writes = all[...]
        for _ in 0..<count {
            guard let last = writes.lastIndex(where: { if case .batch = $0 { true } else { false } }), last >= flushed else {
                break
            }
            writes = writes[..<last]
        }
        let journal = InMemoryJournal(epoch: epoch)
        try journal.contents.withLock { contents in
            for write in writes {
                switch write {
                case .batch(let batch): try contents.append(batch)
                case .cursor(let name, let seq): contents.store(seq, of: name)
                case .prune(let retention, let protected, let now):
                    _ = try contents.prune(retention, protected: protected, now: now)
                }
            }
        }
        return journal
    }

    /// The cursors of all sinks and sources.
    public var allCursors: [String: UInt64] { contents.withLock { $0.cursors } }

    /// Every event that was committed and not deleted.
    public var allEvents: [EventEnvelope] { contents.withLock { $0.events } }

    public func load() throws -> InventoryState { contents.withLock { $0.state } }

    public func append(_ batch: JournalBatch) throws {
        try contents.withLock { contents in
            if contents.isClosed { throw JournalError(.closed, "the journal is closed") }
            if let failure = contents.failure { throw failure }
            try contents.append(batch)
        }
    }

    public func applied() throws -> UInt64 { contents.withLock { $0.applied } }

    public func flush() async throws -> UInt64 { try flushNow() }

    /// The same as ``flush()``, for a test that runs in one thread.
    public func flushNow() throws -> UInt64 {
        try contents.withLock { contents in
            if contents.isClosed { throw JournalError(.closed, "the journal is closed") }
            contents.flushed = contents.writes.count
            return contents.applied
        }
    }

    public func clocks() throws -> JournalClocks {
        contents.withLock { JournalClocks(mark: $0.mark, lastEvent: $0.events.last?.timestamp) }
    }

    public func serialCount(of key: SerialCount.Key) throws -> SerialCount? { contents.withLock { $0.serials[key] } }

    public func answer(to id: String) throws -> StoredAnswer? { contents.withLock { $0.answers[id] } }

    public func endedReservation(_ id: String) throws -> Reservation? { contents.withLock { $0.endedReservation(id) } }

    public func endedCount(_ id: String) throws -> StockCount? {
        contents.withLock { contents in contents.count(id).flatMap { $0.status.hasEnded ? $0 : nil } }
    }

    public func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope]? {
        contents.withLock { contents in
            guard range.lowerBound >= contents.first else { return nil }
            return contents.events.filter { range.contains($0.seq) }
        }
    }

    public func newestChange(by source: String, since time: Timestamp, among limit: Int) throws -> EventEnvelope? {
        try contents.withLock { contents in
            for event in contents.events.suffix(limit).reversed() {
                guard event.timestamp >= time else { return nil }
                if try event.movement(of: source) != nil { return event }
            }
            return nil
        }
    }

    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try contents.withLock { contents in
            guard contents.first <= 1 || seq >= contents.first - 1 else {
                throw JournalError(.pruned, "events before \(contents.first) are no longer kept")
            }
            var bytes = 0
            var result: [EventEnvelope] = []
            for event in contents.events.dropFirst(Int(clamping: seq &+ 1 &- contents.first)).prefix(seq == .max ? 0 : limit) {
                bytes += event.json.count
                if !result.isEmpty && bytes > maxBytes { break }
                result.append(event)
            }
            return result
        }
    }

    public func history(_ query: HistoryQuery) async throws -> HistoryPage { try historyForWriter(query) }

    public func historyForWriter(_ query: HistoryQuery) throws -> HistoryPage {
        try contents.withLock { try $0.history(query) }
    }

    public func range() async throws -> (first: UInt64, last: UInt64) {
        contents.withLock { ($0.first, $0.state.seq) }
    }

    public func cursor(of name: String) async throws -> UInt64? { contents.withLock { $0.cursors[name] } }

    public func storeCursor(_ seq: UInt64, of name: String) async throws {
        contents.withLock { $0.store(seq, of: name) }
    }

    public func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport {
        try contents.withLock { try $0.prune(retention, protected: protected, now: now) }
    }

    public func close() throws { contents.withLock { $0.isClosed = true } }
}

extension InMemoryJournal: StockReader {
    public func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]> {
        read { state in
            let needle = search?.folded
            return state.products.values.sorted { $0.id < $1.id }
                .filter { product in
                    guard after.map({ product.id > $0 }) ?? true else { return false }
                    guard let needle else { return true }
                    let variants = product.variants.compactMap { state.variants[$0] }
                    let texts = [product.name] + variants.flatMap { [$0.name, $0.sku] }
                    return texts.contains { $0.folded.contains(needle) }
                }
                .prefix(limit).map { state.record(of: $0) }
        }
    }

    public func product(_ id: ProductID) async throws -> Reading<ProductRecord?> {
        read { state in state.products[id].map { state.record(of: $0) } }
    }

    public func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?> {
        read { state in state.resolve(reference).flatMap { state.variants[$0.variant] }.map { state.record(of: $0) } }
    }

    public func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        read { state in state.sortedVariants(after: after).prefix(limit).map { state.record(of: $0) } }
    }

    public func reservation(_ id: String) async throws -> Reading<Reservation?> {
        contents.withLock { contents in
            Reading(
                seq: contents.state.seq,
                value: contents.state.openReservations.first { $0.id == id } ?? contents.endedReservation(id))
        }
    }

    public func reservations(_ query: ReservationQuery) async throws -> Reading<[Reservation]> {
        contents.withLock { contents in
            let all = Array(contents.state.openReservations) + contents.ended.values
            return Reading(
                seq: contents.state.seq,
                value: Array(all.filter { query.selects($0) }.sorted { $0.number < $1.number }.prefix(query.limit)))
        }
    }

    public func count(_ id: String) async throws -> Reading<StockCount?> {
        try contents.withLock { contents in
            guard var count = contents.count(id) else { return Reading(seq: contents.state.seq, value: nil) }
            var since = ChangesSince()
            for index in count.lines.indices where !count.status.hasEnded {
                let line = count.lines[index]
                guard
                    let change = try ChangesSince.known({
                        try since.change(of: line.variant, at: count.location, since: line.countedAt) { try contents.history($0) }
                    })
                else { continue }
                count.lines[index].expect(contents.state.variants[line.variant]?.balance(at: count.location), change: change)
            }
            return Reading(seq: contents.state.seq, value: count)
        }
    }

    public func counts(_ query: CountQuery) async throws -> Reading<[CountRecord]> {
        contents.withLock { contents in
            let all = Array(contents.state.runningCounts) + contents.endedCounts.values
            let page = all.filter { query.selects($0) }.sorted { $0.number > $1.number }.prefix(query.limit)
            return Reading(
                seq: contents.state.seq,
                value: page.map {
                    CountRecord(StockCount(terms: $0.terms, status: $0.status, by: $0.by, at: $0.at), lines: $0.lines.count)
                })
        }
    }

    public func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]> { read { $0.stock(query) } }

    public func alerts(_ query: AlertQuery) async throws -> Reading<[AlertRecord]> {
        read { state in
            state.alerts.filter { record in
                let position = record.position
                return record.level != .ok && query.location.map { $0 == position.location } != false
                    && query.after.map { ($0.variant, $0.location) < (position.variant, position.location) } != false
            }
            .prefix(query.limit).map { $0 }
        }
    }

    public func alert(_ seq: UInt64) async throws -> Reading<AlertRecord?> {
        read { state in state.alerts.first { $0.alert?.seq == seq } }
    }

    public func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues> {
        contents.withLock { contents in
            let state = contents.state
            let chosen = state.sortedVariants(after: nil).filter { variant in
                switch selection {
                case .all: true
                case .changed(let seq): contents.changed[variant.id, default: 0] > seq
                case .named(let products, let variants): products.contains(variant.productID) || variants.contains(variant.id)
                }
            }
            var values = VariantValues(
                variants: chosen.prefix(limit).map { variant in
                    var variant = variant
                    variant.barcodes = []
                    variant.thresholds = []
                    return VariantValue(
                        record: state.record(of: variant), totals: state.totals(of: variant.balances),
                        changed: contents.changed[variant.id, default: 0])
                }, isCut: chosen.count > limit)
            if case .changed(let seq) = selection {
                values.removed = Array(
                    contents.removed.filter { $0.changed > seq }.sorted { $0.variant < $1.variant }.prefix(limit))
            }
            return Reading(seq: state.seq, value: values)
        }
    }

    public func locations() async throws -> Reading<[Location]> {
        read { $0.locations.values.sorted { $0.code < $1.code } }
    }

    public func removedLocations() async throws -> Reading<[String]> {
        contents.withLock { Reading(seq: $0.state.seq, value: $0.removedLocations.sorted()) }
    }

    public func counts() async throws -> Reading<StockCounts> {
        read {
            StockCounts(
                products: $0.products.count, variants: $0.variants.count, locations: $0.locations.count,
                reservations: $0.openReservations.count, counts: $0.runningCounts.count)
        }
    }

    private func read<Value: Sendable>(_ body: (InventoryState) -> Value) -> Reading<Value> {
        contents.withLock { Reading(seq: $0.state.seq, value: body($0.state)) }
    }
}

/// The past: the events that are kept are folded from their beginning up to the moment.
extension InMemoryJournal {
    public func event(at moment: JournalMoment) async throws -> UInt64 {
        try contents.withLock { contents in
            let seq =
                switch moment {
                case .seq(let seq): seq
                case .time(let time):
                    contents.events.last { $0.timestamp <= time }?.seq
                        ?? (contents.baseTime.map { $0 <= time } == true ? contents.first - 1 : 0)
                }
            try contents.checkPast(seq)
            return seq
        }
    }

    public func variant(_ id: VariantID, at seq: UInt64) async throws -> Reading<VariantRecord?> {
        try past(seq) { state in state.variants[id].map { state.record(of: $0) } }
    }

    public func stock(_ query: StockQuery, at seq: UInt64) async throws -> Reading<[StockRecord]> {
        try past(seq) { $0.stock(query) }
    }

    public func hasSKU(_ sku: String, at seq: UInt64) async throws -> Bool {
        try past(seq) { $0.variant(withSKU: sku) != nil }.value
    }

    public func hasLocation(_ code: String, at seq: UInt64) async throws -> Bool {
        try past(seq) { $0.locations[code] != nil }.value
    }

    private func past<Value: Sendable>(_ seq: UInt64, _ body: (InventoryState) -> Value) throws -> Reading<Value> {
        try contents.withLock { contents in
            try contents.checkPast(seq)
            var state = contents.base
            for event in contents.events.prefix(while: { $0.seq <= seq }) { try state.fold(try event.event()) }
            return Reading(seq: seq, value: body(state))
        }
    }
}

extension InventoryState {
    fileprivate func stock(_ query: StockQuery) -> [StockRecord] {
        sortedVariants(after: nil).flatMap { variant in
            variant.balances.sorted { $0.location < $1.location }.map {
                StockRecord(
                    sku: variant.sku, product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault,
                    balance: $0)
            }
        }
        .filter { record in
            guard query.includesRemovedLocations || locations[record.balance.location] != nil else { return false }
            if let sku = query.sku, record.sku != sku { return false }
            if let location = query.location, record.balance.location != location { return false }
            guard let after = query.after else { return true }
            return (record.variant.rawValue, record.balance.location) > (after.variant.rawValue, after.location)
        }
        .prefix(query.limit).map { $0 }
    }

    /// The levels of all totals and of all thresholds.
    fileprivate var alerts: [AlertRecord] {
        sortedVariants(after: nil).flatMap { variant in
            let record = record(of: variant)
            return [AlertRecord(record)] + variant.thresholds.map { AlertRecord(record, at: $0) }
        }
    }

    fileprivate func sortedVariants(after: VariantID?) -> [Variant] {
        variants.values.filter { variant in after.map { variant.id > $0 } ?? true }.sorted { $0.id < $1.id }
    }

    fileprivate func record(of variant: Variant) -> VariantRecord {
        var variant = variant
        variant.balances.removeAll { locations[$0.location] == nil }
        return VariantRecord(
            variant: variant, productName: products[variant.productID]?.name ?? "", price: price(of: variant),
            status: products[variant.productID]?.status ?? .active)
    }

    fileprivate func record(of product: Product) -> ProductRecord {
        ProductRecord(product: product, variants: product.variants.compactMap { variants[$0] }.map { record(of: $0) })
    }
}
