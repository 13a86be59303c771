import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireTesting

/// Reads what the sink at the leader publishes: at least once each, whichever node leads.
final class Display: Sendable {
    private let seen: Seen
    private let client: MQTTClient

    private final class Seen: Sendable {
        let seqs = Mutex<Set<UInt64>>([])
    }

    init(_ broker: String) async throws {
        let seen = Seen()
        self.seen = seen
        var options = MQTTClientOptions(broker: try BrokerAddress(broker), clientID: "display")
        options.subscriptions = ["events/#"]
        client = try MQTTClient(
            options, logger: Logger(label: "chaos"),
            onBatch: { batch in
                struct Body: Decodable { let seq: UInt64 }
                for message in batch.messages {
                    guard let body = try? JSONDecoder().decode(Body.self, from: Data(message.payload)) else { continue }
                    seen.seqs.withLock { _ = $0.insert(body.seq) }
                }
                batch.acknowledge()
            })
        try await client.connected(within: .seconds(10))
    }

    /// The events that came.
    var seqs: Set<UInt64> { seen.seqs.withLock { $0 } }
}
