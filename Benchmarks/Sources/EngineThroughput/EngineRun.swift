import Foundation
import Logging
import SQLiteJournal
import Synchronization
import TallywireCore
import TallywireEngine

/// The engine over a new journal, fed by one thread that keeps it busy.
struct EngineRun {
    let movements: Int
    let batch: Int
    let variants: Int
    let folder: String

    /// What the engine commits: the rows for the bare loop.
    func record() throws -> [JournalBatch] {
        var batches: [JournalBatch] = []
        _ = try measure { journal in
            let recording = RecordingJournal(journal)
            return (recording, { batches = recording.batches })
        }
        return batches
    }

    /// Seconds from the first hand-in to the last answer.
    func measure() throws -> Double {
        try measure { ($0, {}) }
    }

    private func measure(_ wrap: (SQLiteJournal) -> (journal: any Journal, finish: () -> Void)) throws -> Double {
        let movements = movements
        let path = folder + "/tallywire-bench-\(UUID().uuidString).db"
        defer { for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let (journal, finish) = wrap(try SQLiteJournal(path: path))
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(inbox: batch * 4, batch: batch), logger: Logger(label: "bench"))
        createCatalogue(engine)
        (journal as? RecordingJournal)?.forget()

        let commands = (0..<movements).map { number in
            Command(
                id: "scan-\(number)-\(number &* 2_654_435_761 % 1_000_003)", source: "mqtt-scanners/dock-\(number % 8)",
                action: .move(
                    Movement(
                        reason: "received",
                        lines: [.init(item: .sku("SKU-\(number % variants)"), location: "MAIN", operation: .add, quantity: 1)])))
        }
        // As many wait as fit into the inbox, so that each commit takes a full batch. They are let in by the half batch: waking the
        // other thread for each movement would be measured too.
        let share = max(1, batch / 2)
        let room = DispatchSemaphore(value: 6)
        let done = DispatchSemaphore(value: 0)
        let left = Mutex(movements)
        let clock = ContinuousClock()
        let start = clock.now
        for (number, command) in commands.enumerated() {
            if number % share == 0 { room.wait() }
            engine.submit(command) { outcome in
                guard case .applied = outcome else { fatalError("\(outcome)") }
                let rest = left.withLock {
                    $0 -= 1
                    return $0
                }
                if (movements - rest) % share == 0 { room.signal() }
                if rest == 0 { done.signal() }
            }
        }
        done.wait()
        let seconds = (clock.now - start) / .seconds(1)
        finish()
        return seconds
    }

    private func createCatalogue(_ engine: InventoryEngine) {
        let done = DispatchGroup()
        for first in stride(from: 0, to: variants, by: 1_000) {
            done.enter()
            let new = (first..<min(first + 1_000, variants)).map {
                NewVariant(sku: "SKU-\($0)", name: "Variant \($0)", price: Price("19.99"))
            }
            let action = Command.Action.createProduct(NewProduct(name: "Product \(first)", content: .variants(new)))
            engine.submit(Command(source: "bench", action: action)) { _ in done.leave() }
        }
        done.wait()
    }
}

/// Keeps what was committed, for the bare loop to write again.
final class RecordingJournal: Journal {
    private let journal: SQLiteJournal
    private let recorded = Mutex<[JournalBatch]>([])

    init(_ journal: SQLiteJournal) { self.journal = journal }

    var batches: [JournalBatch] { recorded.withLock { $0 } }
    func forget() { recorded.withLock { $0 = [] } }

    func append(_ batch: JournalBatch) throws {
        try journal.append(batch)
        recorded.withLock { $0.append(batch) }
    }

    var epoch: String { journal.epoch }
    func load() throws -> InventoryState { try journal.load() }
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
    func close() throws { try journal.close() }
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
