import Foundation
import Mosquitto
import Synchronization
import TallywireTesting
import Testing

/// The shelf displays of a broker, as a display sees them.
enum Displays {
    /// Waits until the displays show exactly this stock, by SKU.
    static func expect(_ url: String, toShow stock: [String: Int64]) async throws {
        struct Display: Decodable {
            let sku: String
            let stock: Int64
        }
        var options = MQTTClientOptions(broker: try BrokerAddress(url), clientID: "displays")
        options.subscriptions = ["displays/#"]
        let client = try MQTTClient(options, logger: quiet)
        let shown = Mutex<[String: Int64]>([:])
        let reader = Task {
            for await batch in client.batches {
                for message in batch.messages {
                    guard let display = try? JSONDecoder().decode(Display.self, from: Data(message.payload)) else { continue }
                    shown.withLock { $0[display.sku] = display.stock }
                }
                batch.acknowledge()
            }
        }
        try await eventually("the displays show the stock", within: .seconds(60)) { shown.withLock { $0 } == stock }
        await client.stop()
        await reader.value
    }
}
