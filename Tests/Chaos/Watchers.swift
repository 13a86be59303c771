import Foundation
import Logging
import Synchronization
import TallywireClient
import TallywireTesting

/// WebSocket clients, each in the room of one product, that go on at another node when theirs is away.
final class Watchers: Sendable {
    /// What one client was shown.
    struct Account: Sendable {
        let product: Int
        /// Everything up to this event was shown as values.
        var begin: UInt64?
        var seqs: [UInt64] = []
        /// How many events were merged into later ones, as the server says.
        var merged = 0
        var resumptions: [String: Int] = [:]
    }

    private let accounts: Mutex<[Account]>
    private let clients: [TallywireClient]
    private let (ending, end) = AsyncStream.makeStream(of: Void.self)

    init(_ urls: [String], count: Int) {
        var logger = Logger(label: "chaos.watcher")
        logger.logLevel = .critical
        accounts = Mutex((0..<count).map { Account(product: $0 % 25 + 1) })
        clients = (0..<count).map { number in
            let order = urls.indices.map { urls[(number + $0) % urls.count] }
            var configuration = TallywireClient.Configuration(urls: order)
            configuration.maxDelay = .seconds(1)
            configuration.eventBuffer = 1 << 20
            return TallywireClient(configuration, logger: logger)
        }
    }

    var all: [Account] { accounts.withLock { $0 } }

    func finish() { end.finish() }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for number in clients.indices {
                group.addTask { await self.watch(number) }
                group.addTask { try? await self.clients[number].run() }
            }
            for await _ in ending {}
            group.cancelAll()
        }
    }

    private func watch(_ number: Int) async {
        let client = clients[number]
        let (events, resumptions) = (client.events, client.resumptions)
        let product = accounts.withLock { $0[number].product }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard let joined = try? await client.join("product:\(product)") else { return }
                self.accounts.withLock { $0[number].begin = joined.seq }
            }
            group.addTask {
                for await resumption in resumptions {
                    let outcome = "\(resumption.outcome)"
                    self.accounts.withLock { $0[number].resumptions[outcome, default: 0] += 1 }
                }
            }
            for await event in events {
                guard case .inventoryUpdated = event.body else { continue }
                accounts.withLock {
                    $0[number].seqs.append(event.seq)
                    $0[number].merged += event.conflated + event.missed
                }
            }
            group.cancelAll()
        }
    }

    func areLive() async throws {
        try await eventually("all watchers have their room", within: .seconds(60)) {
            accounts.withLock { $0.allSatisfy { $0.begin != nil } }
        }
    }
}
