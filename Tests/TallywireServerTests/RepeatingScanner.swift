import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireTesting
import Testing

/// A scanner that publishes one scan after the other, each with an id, and repeats it until it is acknowledged.
final class RepeatingScanner: Sendable {
    private struct State {
        /// The barcode of an item by its number.
        static func barcode(of item: Int) -> String { "ITEM-\(4_000_000 + item)" }

        var published: [String] = []
        var acknowledged: Set<String> = []
        var isFinishing = false
    }

    private let client: MQTTClient
    private let number: Int
    private let items: Int
    private let state = Mutex(State())

    /// A scanner of the first so many items, at a broker.
    init(_ url: String, number: Int, items: Int) throws {
        self.number = number
        self.items = items
        var options = MQTTClientOptions(broker: try BrokerAddress(url), clientID: "scanner-\(number)")
        options.reconnect = ReconnectPolicy(initial: .milliseconds(50), maximum: .milliseconds(500))
        options.subscriptions = ["scanners/gun-\(number)/ack"]
        client = try MQTTClient(options, logger: quiet)
    }

    /// The barcode of an item by its number.
    static func barcode(of item: Int) -> String { "ITEM-\(4_000_000 + item)" }

    var published: [String] { state.withLock { $0.published } }
    var acknowledged: Set<String> { state.withLock { $0.acknowledged } }

    func finish() { state.withLock { $0.isFinishing = true } }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            try await client.connected(within: .seconds(20))
            var count = 0
            while !state.withLock({ $0.isFinishing }) {
                count += 1
                try await scan("gun-\(number)-\(count)", barcode: Self.barcode(of: count % items))
            }
            await client.stop()
        }
    }

    private func scan(_ id: String, barcode: String) async throws {
        state.withLock { $0.published.append(id) }
        let payload = Array(#"{"id":"\#(id)","barcode":"\#(barcode)"}"#.utf8)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(120)
        while clock.now < end {
            do {
                _ = try await client.publish([MQTTMessage(topic: "scanners/gun-\(number)/scan", payload: payload)])
            } catch is MQTTError {
                // The broker is away, or was: the scan is repeated.
                try await clock.sleep(for: .milliseconds(50))
                continue
            }
            let patience = clock.now + .milliseconds(300)
            while clock.now < patience {
                if acknowledged.contains(id) { return }
                try await clock.sleep(for: .milliseconds(1))
            }
        }
        throw NeverHappened(description: "\(id) was never acknowledged")
    }

    private func receive() async {
        struct Reply: Decodable {
            let id: String
            let status: String
        }
        for await batch in client.batches {
            for message in batch.messages {
                guard let reply = try? JSONDecoder().decode(Reply.self, from: Data(message.payload)) else { continue }
                #expect(reply.status != "rejected")
                state.withLock { _ = $0.acknowledged.insert(reply.id) }
            }
            batch.acknowledge()
        }
    }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
