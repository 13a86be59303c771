import Foundation
import Logging
import SQLiteJournal
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting

/// The engine over a new journal, fed by one thread that keeps it busy.
struct EngineRun {
    let movements: Int
    let batch: Int
    let variants: Int
    let folder: String

    /// What the engine commits: the rows for the bare loop.
    func record() throws -> [JournalBatch] {
        let batches = Mutex<[JournalBatch]>([])
        _ = try measure { journal in
            ForwardingJournal(
                journal,
                appending: { batch, journal in
                    try journal.append(batch)
                    batches.withLock { $0.append(batch) }
                })
        } started: {
            batches.withLock { $0 = [] }
        }
        return batches.withLock { $0 }
    }

    /// Seconds from the first hand-in to the last answer.
    func measure() throws -> Double {
        try measure {
            $0
        } started: {
        }
    }

    private func measure(_ wrap: (SQLiteJournal) -> any Journal, started: () -> Void) throws -> Double {
        let movements = movements
        let path = folder + "/tallywire-bench-\(UUID().uuidString).db"
        defer {
            for suffix in ["", "-wal", "-shm", ".lock", ".mark"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        let journal = wrap(try SQLiteJournal(path: path))
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(inbox: max(8, batch * 4), batch: batch), logger: Logger(label: "bench"))
        createCatalogue(engine)
        started()

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
