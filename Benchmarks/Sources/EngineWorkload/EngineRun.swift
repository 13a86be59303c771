import Foundation
import Logging
import SQLiteJournal
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting

/// The engine over a new journal, fed by one thread that keeps it busy.
package struct EngineRun {
    package let movements: Int
    package let batch: Int
    package let variants: Int
    package let folder: String

    package init(movements: Int, batch: Int, variants: Int, folder: String) {
        self.movements = movements
        self.batch = batch
        self.variants = variants
        self.folder = folder
    }

    /// What is handed in.
    package enum Workload {
        /// Each command adds one unit.
        case movements
        /// Three commands a sale: two units are reserved, one of them is captured, the other released.
        case sales

        var commands: Int { self == .movements ? 1 : 3 }
    }

    /// What the engine commits.
    package struct Recording: Sendable {
        /// The catalogue, and the stock that is there before.
        package var preparation: [JournalBatch] = []
        /// What is measured.
        package var workload: [JournalBatch] = []
    }

    /// Runs the engine once, and returns what it commits.
    package func record(_ workload: Workload = .movements) throws -> Recording {
        let recording = Mutex(Recording())
        _ = try measure(workload) { journal in
            ForwardingJournal(
                journal,
                appending: { batch, journal in
                    try journal.append(batch)
                    recording.withLock { $0.workload.append(batch) }
                })
        } started: {
            recording.withLock { $0 = Recording(preparation: $0.workload) }
        }
        return recording.withLock { $0 }
    }

    /// Seconds from the first hand-in to the last answer.
    package func measure(_ workload: Workload = .movements) throws -> Double {
        try measure(workload) {
            $0
        } started: {
        }
    }

    private func measure(
        _ workload: Workload = .movements, _ wrap: (SQLiteJournal) -> any Journal, started: () -> Void
    ) throws -> Double {
        let movements = movements * workload.commands
        let path = folder + "/tallywire-bench-\(UUID().uuidString).db"
        defer {
            for suffix in ["", "-wal", "-shm", ".lock", ".mark"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        let journal = wrap(try SQLiteJournal(path: path))
        let engine = try InventoryEngine(
            journal: journal, configuration: .init(inbox: max(8, batch * 4), batch: batch), logger: Logger(label: "bench"))
        createCatalogue(engine)
        if workload == .sales { stock(engine) }
        started()

        let commands = (0..<self.movements).flatMap { workload == .movements ? [movement($0)] : sale($0) }
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

    private func id(_ kind: String, _ number: Int) -> String { "\(kind)-\(number)-\(number &* 2_654_435_761 % 1_000_003)" }

    private func movement(_ number: Int) -> Command {
        Command(
            id: id("scan", number), source: "mqtt-scanners/dock-\(number % 8)",
            action: .move(
                Movement(
                    reason: "received",
                    lines: [.init(item: .sku("SKU-\(number % variants)"), location: "MAIN", operation: .add, quantity: 1)])))
    }

    private func sale(_ number: Int) -> [Command] {
        let (item, basket) = (ItemReference.sku("SKU-\(number % variants)"), id("basket", number))
        func use(_ kind: ReservationUse.Kind) -> Command.Action {
            .useReservation(ReservationUse(reservation: basket, kind: kind, lines: [.init(item: item, quantity: 1)]))
        }
        return [
            Command(id: basket, source: "http", action: .reserve(NewReservation(lines: [.init(item: item, quantity: 2)]))),
            Command(id: id("capture", number), source: "http", action: use(.capture(keepsRest: true))),
            Command(id: id("release", number), source: "http", action: use(.release)),
        ]
    }

    /// Enough of everything for all sales.
    private func stock(_ engine: InventoryEngine) {
        let done = DispatchGroup()
        for first in stride(from: 0, to: variants, by: 1_000) {
            done.enter()
            let lines = (first..<min(first + 1_000, variants)).map {
                Movement.Line(item: .sku("SKU-\($0)"), location: "MAIN", operation: .set, quantity: Limits.largestQuantity)
            }
            engine.submit(Command(source: "bench", action: .move(Movement(lines: lines)))) { _ in done.leave() }
        }
        done.wait()
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
