import TallywireCore
import TallywireEngine

/// A journal that forwards to another one. A test can record, delay or fail its appends, count its reads of many values, and see
/// its reads of events.
public final class ForwardingJournal: Journal {
    private let journal: any Journal
    private let loading: @Sendable (any Journal) throws -> InventoryState
    private let reading: @Sendable () async -> Void
    private let following: @Sendable (_ seq: UInt64) throws -> Void
    private let appending: @Sendable (JournalBatch, any Journal) throws -> Void

    /// Makes a journal that calls `loading` in place of `journal.load`, `appending` in place of `journal.append`, `reading` before
    /// `journal.values`, and `following` before the events after `seq` are read; that read fails if `following` throws. `appending`
    /// runs on the thread that appends, and may block or throw.
    public init(
        _ journal: any Journal, loading: @escaping @Sendable (any Journal) throws -> InventoryState = { try $0.load() },
        reading: @escaping @Sendable () async -> Void = {},
        following: @escaping @Sendable (_ seq: UInt64) throws -> Void = { _ in },
        appending: @escaping @Sendable (JournalBatch, any Journal) throws -> Void = { try $1.append($0) }
    ) {
        self.journal = journal
        self.loading = loading
        self.reading = reading
        self.following = following
        self.appending = appending
    }

    public var epoch: String { journal.epoch }
    public func load() throws -> InventoryState { try loading(journal) }
    public func append(_ batch: JournalBatch) throws { try appending(batch, journal) }
    public func applied() throws -> UInt64 { try journal.applied() }
    public func clocks() throws -> JournalClocks { try journal.clocks() }
    public func answer(to id: String) throws -> StoredAnswer? { try journal.answer(to: id) }
    public func serialCount(of key: SerialCount.Key) throws -> SerialCount? { try journal.serialCount(of: key) }
    public func endedReservation(_ id: String) throws -> Reservation? { try journal.endedReservation(id) }
    public func endedCount(_ id: String) throws -> StockCount? { try journal.endedCount(id) }
    public func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope]? { try journal.events(range) }
    public func newestChange(by source: String, since time: Timestamp, among limit: Int) throws -> EventEnvelope? {
        try journal.newestChange(by: source, since: time, among: limit)
    }
    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try following(seq)
        return try await journal.events(after: seq, limit: limit, maxBytes: maxBytes)
    }
    public func history(_ query: HistoryQuery) async throws -> HistoryPage { try await journal.history(query) }
    public func historyForWriter(_ query: HistoryQuery) throws -> HistoryPage { try journal.historyForWriter(query) }
    public func range() async throws -> (first: UInt64, last: UInt64) { try await journal.range() }
    public func cursor(of name: String) async throws -> UInt64? { try await journal.cursor(of: name) }
    public func storeCursor(_ seq: UInt64, of name: String) async throws { try await journal.storeCursor(seq, of: name) }
    public func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport {
        try await journal.prune(retention, protected: protected, now: now)
    }
    public func close() throws { try journal.close() }

    public func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]> {
        try await journal.products(after: after, limit: limit, search: search)
    }
    public func product(_ id: ProductID) async throws -> Reading<ProductRecord?> { try await journal.product(id) }
    public func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?> { try await journal.variant(reference) }
    public func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        try await journal.variants(after: after, limit: limit)
    }
    public func reservation(_ id: String) async throws -> Reading<Reservation?> { try await journal.reservation(id) }
    public func reservations(_ query: ReservationQuery) async throws -> Reading<[Reservation]> {
        try await journal.reservations(query)
    }
    public func count(_ id: String) async throws -> Reading<StockCount?> { try await journal.count(id) }
    public func counts(_ query: CountQuery) async throws -> Reading<[CountRecord]> { try await journal.counts(query) }
    public func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]> { try await journal.stock(query) }
    public func alerts(_ query: AlertQuery) async throws -> Reading<[AlertRecord]> { try await journal.alerts(query) }
    public func alert(_ seq: UInt64) async throws -> Reading<AlertRecord?> { try await journal.alert(seq) }
    public func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues> {
        await reading()
        return try await journal.values(of: selection, limit: limit)
    }
    public func locations() async throws -> Reading<[Location]> { try await journal.locations() }
    public func removedLocations() async throws -> Reading<[String]> { try await journal.removedLocations() }
    public func counts() async throws -> Reading<StockCounts> { try await journal.counts() }
    public func event(at moment: JournalMoment) async throws -> UInt64 { try await journal.event(at: moment) }
    public func variant(_ id: VariantID, at seq: UInt64) async throws -> Reading<VariantRecord?> {
        try await journal.variant(id, at: seq)
    }
    public func stock(_ query: StockQuery, at seq: UInt64) async throws -> Reading<[StockRecord]> {
        try await journal.stock(query, at: seq)
    }
    public func hasSKU(_ sku: String, at seq: UInt64) async throws -> Bool { try await journal.hasSKU(sku, at: seq) }
    public func hasLocation(_ code: String, at seq: UInt64) async throws -> Bool { try await journal.hasLocation(code, at: seq) }
}
