import TallywireCore

/// A journal that answers with another one, except for what it does itself.
public protocol JournalWrapper: Journal {
    /// The journal that answers.
    var wrapped: any Journal { get }
}

extension JournalWrapper {
    public var epoch: String { wrapped.epoch }
    public var previous: JournalPosition? { wrapped.previous }
    public func load() throws -> InventoryState { try wrapped.load() }
    public func append(_ batch: JournalBatch) throws { try wrapped.append(batch) }
    public func flush() async throws -> UInt64 { try await wrapped.flush() }
    public func applied() throws -> UInt64 { try wrapped.applied() }
    public func clocks() throws -> JournalClocks { try wrapped.clocks() }
    public func answer(to id: String) throws -> StoredAnswer? { try wrapped.answer(to: id) }
    public func storedAnswer(to key: String) async throws -> StoredAnswer? { try await wrapped.storedAnswer(to: key) }
    public func serialCount(of key: SerialCount.Key) throws -> SerialCount? { try wrapped.serialCount(of: key) }
    public func endedReservation(_ id: String) throws -> Reservation? { try wrapped.endedReservation(id) }
    public func endedCount(_ id: String) throws -> StockCount? { try wrapped.endedCount(id) }
    public func events(_ range: ClosedRange<UInt64>) throws -> [EventEnvelope]? { try wrapped.events(range) }
    public func newestChange(by source: String, since time: Timestamp, among limit: Int) throws -> EventEnvelope? {
        try wrapped.newestChange(by: source, since: time, among: limit)
    }
    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try await wrapped.events(after: seq, limit: limit, maxBytes: maxBytes)
    }
    public func history(_ query: HistoryQuery) async throws -> HistoryPage { try await wrapped.history(query) }
    public func historyForWriter(_ query: HistoryQuery) throws -> HistoryPage { try wrapped.historyForWriter(query) }
    public func range() async throws -> (first: UInt64, last: UInt64) { try await wrapped.range() }
    public func cursor(of name: String) async throws -> UInt64? { try await wrapped.cursor(of: name) }
    public func storeCursor(_ seq: UInt64, of name: String) async throws { try await wrapped.storeCursor(seq, of: name) }
    public func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport {
        try await wrapped.prune(retention, protected: protected, now: now)
    }
    public func close() throws { try wrapped.close() }

    // MARK: StockReader

    public func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]> {
        try await wrapped.products(after: after, limit: limit, search: search)
    }
    public func product(_ id: ProductID) async throws -> Reading<ProductRecord?> { try await wrapped.product(id) }
    public func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?> { try await wrapped.variant(reference) }
    public func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        try await wrapped.variants(after: after, limit: limit)
    }
    public func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]> { try await wrapped.stock(query) }
    public func alerts(_ query: AlertQuery) async throws -> Reading<[AlertRecord]> { try await wrapped.alerts(query) }
    public func alert(_ seq: UInt64) async throws -> Reading<AlertRecord?> { try await wrapped.alert(seq) }
    public func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues> {
        try await wrapped.values(of: selection, limit: limit)
    }
    public func reservation(_ id: String) async throws -> Reading<Reservation?> { try await wrapped.reservation(id) }
    public func reservations(_ query: ReservationQuery) async throws -> Reading<[Reservation]> {
        try await wrapped.reservations(query)
    }
    public func count(_ id: String) async throws -> Reading<StockCount?> { try await wrapped.count(id) }
    public func counts(_ query: CountQuery) async throws -> Reading<[CountRecord]> { try await wrapped.counts(query) }
    public func locations() async throws -> Reading<[Location]> { try await wrapped.locations() }
    public func removedLocations() async throws -> Reading<[String]> { try await wrapped.removedLocations() }
    public func counts() async throws -> Reading<StockCounts> { try await wrapped.counts() }
    public func event(at moment: JournalMoment) async throws -> UInt64 { try await wrapped.event(at: moment) }
    public func variant(_ id: VariantID, at seq: UInt64) async throws -> Reading<VariantRecord?> {
        try await wrapped.variant(id, at: seq)
    }
    public func stock(_ query: StockQuery, at seq: UInt64) async throws -> Reading<[StockRecord]> {
        try await wrapped.stock(query, at: seq)
    }
    public func hasSKU(_ sku: String, at seq: UInt64) async throws -> Bool { try await wrapped.hasSKU(sku, at: seq) }
    public func hasLocation(_ code: String, at seq: UInt64) async throws -> Bool { try await wrapped.hasLocation(code, at: seq) }
}
