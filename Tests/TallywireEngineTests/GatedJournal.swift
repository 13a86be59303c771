import Foundation
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting

/// A journal whose appends wait while its gate is closed.
final class GatedJournal: Journal {
    private let journal: InMemoryJournal
    private let gate = NSCondition()
    private let state = Mutex((isOpen: true, isWaiting: false))

    init(_ journal: InMemoryJournal) { self.journal = journal }

    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    func shut() { state.withLock { $0.isOpen = false } }

    func open() {
        gate.lock()
        state.withLock { $0.isOpen = true }
        gate.broadcast()
        gate.unlock()
    }

    var epoch: String { journal.epoch }
    func load() throws -> InventoryState { try journal.load() }

    func append(_ batch: JournalBatch) throws {
        gate.lock()
        while !state.withLock({ state in
            state.isWaiting = !state.isOpen
            return state.isOpen
        }) {
            gate.wait()
        }
        gate.unlock()
        try journal.append(batch)
    }

    func answer(to id: String) throws -> StoredAnswer? { try journal.answer(to: id) }
    func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try await journal.events(after: seq, limit: limit, maxBytes: maxBytes)
    }
    func range() async throws -> (first: UInt64, last: UInt64) { try await journal.range() }
    func cursor(of name: String) async throws -> UInt64? { try await journal.cursor(of: name) }
    func storeCursor(_ seq: UInt64, of name: String) async throws { try await journal.storeCursor(seq, of: name) }
    func prune(_ retention: Retention, protected: UInt64, now: Timestamp) async throws -> PruneReport {
        try await journal.prune(retention, protected: protected, now: now)
    }
    func close() throws {}

    func products(after: ProductID?, limit: Int, search: String?) async throws -> Reading<[ProductRecord]> {
        try await journal.products(after: after, limit: limit, search: search)
    }
    func product(_ id: ProductID) async throws -> Reading<ProductRecord?> { try await journal.product(id) }
    func variant(_ reference: ItemReference) async throws -> Reading<VariantRecord?> { try await journal.variant(reference) }
    func variants(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        try await journal.variants(after: after, limit: limit)
    }
    func stock(_ query: StockQuery) async throws -> Reading<[StockRecord]> { try await journal.stock(query) }
    func alerts(after: VariantID?, limit: Int) async throws -> Reading<[VariantRecord]> {
        try await journal.alerts(after: after, limit: limit)
    }
    func locations() async throws -> Reading<[Location]> { try await journal.locations() }
    func counts() async throws -> Reading<StockCounts> { try await journal.counts() }
}
