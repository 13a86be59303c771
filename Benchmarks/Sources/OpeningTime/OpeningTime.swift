import ArgumentParser
import Foundation
import Logging
import SQLiteJournal
import TallywireCore
import TallywireEngine

/// How long a server with a large catalogue takes until it can take its first command: opening the journal and reading its values.
@main
struct OpeningTime: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opening-time",
        abstract: "Seconds to open a journal of many variants, with stock in two locations, and to be ready for commands.",
        discussion: "The journal is written by the engine first, as in use, with one answer for each thousand variants.")

    @Option(help: "Variants, a thousand in each product.") var variants = 1_000_000
    @Option(help: "Open reservations, of one unit each.") var reservations = 0
    @Option(help: "Times it is opened.") var runs = 3
    @Option(help: "The folder for the journal.") var folder = FileManager.default.temporaryDirectory.path

    func run() throws {
        let path = folder + "/tallywire-opening-\(UUID().uuidString).db"
        defer {
            for suffix in ["", "-wal", "-shm", ".lock", ".mark"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        let clock = ContinuousClock()
        let writing = try clock.measure { try write(path) }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        print(
            "\(variants) variants and \(reservations) open reservations written in \(text(writing)), the file has \(size / 1_000_000) MB"
        )
        for run in 1...runs {
            let start = clock.now
            let journal = try SQLiteJournal(path: path)
            let opened = clock.now
            let engine = try InventoryEngine(journal: journal, logger: Logger(label: "bench"))
            let ready = clock.now
            print("run \(run): file \(text(opened - start)), values \(text(ready - opened)), in all \(text(ready - start))")
            stop(engine)
            try journal.close()
        }
    }

    private func write(_ path: String) throws {
        let journal = try SQLiteJournal(path: path)
        let engine = try InventoryEngine(journal: journal, logger: Logger(label: "bench"))
        submit(.createLocation(Location(code: "STORE", name: "Store")), engine).wait()
        // A few wait at a time, so that their events do not fill the memory.
        var earlier: [DispatchSemaphore] = []
        for first in stride(from: 0, to: variants, by: 1_000) {
            let numbers = first..<min(first + 1_000, variants)
            let new = numbers.map {
                NewVariant(
                    sku: "SKU-\($0)", name: "Variant \($0)", price: Price("19.99"),
                    barcodes: [Barcode(code: "\(4_000_000_000_000 + $0)")])
            }
            earlier.append(submit(.createProduct(NewProduct(name: "Product \(first)", content: .variants(new))), engine))
            for location in ["MAIN", "STORE"] {
                let lines = numbers.map {
                    Movement.Line(item: .sku("SKU-\($0)"), location: location, operation: .set, quantity: Int64($0 % 50 + 1))
                }
                earlier.append(submit(.move(Movement(lines: lines)), engine))
            }
            if earlier.count > 12 {
                for done in earlier.prefix(3) { done.wait() }
                earlier.removeFirst(3)
            }
        }
        for done in earlier { done.wait() }
        reserve(engine)
        stop(engine)
        try journal.close()
    }

    private func reserve(_ engine: InventoryEngine) {
        for first in stride(from: 0, to: reservations, by: 1_000) {
            let commands = (first..<min(first + 1_000, reservations)).map { number in
                Command(
                    source: "bench",
                    action: .reserve(
                        NewReservation(
                            reference: "order \(number)", end: .after(.seconds(86_400)),
                            lines: [.init(item: .sku("SKU-\(number % variants)"), quantity: 1)])))
            }
            let done = DispatchSemaphore(value: 0)
            engine.submit(commands, in: nil) { outcomes in
                if let refused = outcomes.first(where: { $0.receipt == nil }) { fatalError("\(refused)") }
                done.signal()
            }
            done.wait()
        }
    }

    private func submit(_ action: Command.Action, _ engine: InventoryEngine) -> DispatchSemaphore {
        let done = DispatchSemaphore(value: 0)
        engine.submit(Command(source: "bench", action: action)) { outcome in
            guard case .applied = outcome else { fatalError("\(outcome)") }
            done.signal()
        }
        return done
    }

    private func stop(_ engine: InventoryEngine) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await engine.stop()
            done.signal()
        }
        done.wait()
    }

    private func text(_ duration: Duration) -> String { String(format: "%.2f s", duration / .seconds(1)) }
}
