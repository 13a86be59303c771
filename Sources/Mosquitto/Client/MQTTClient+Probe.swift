import Glibc
import Logging

extension MQTTClient {
    /// Tries to connect to `broker` and leaves again, with a session of its own that nothing remains of. Answers what is in the
    /// way as sentences, none if nothing is.
    public static func problem(reaching broker: BrokerAddress, within limit: Duration = .seconds(5)) async -> [String] {
        do {
            let options = MQTTClientOptions(
                broker: broker, clientID: "tallywire-check-\(getpid())-\(UInt32.random(in: .min ... .max))")
            let client = try MQTTClient(options, logger: Logger(label: "tallywire.check") { _ in SwiftLogNoOpLogHandler() })
            do {
                try await client.connected(within: limit)
                await client.stop()
                return []
            } catch {
                await client.stop()
                throw error
            }
        } catch {
            return ["\(error)"]
        }
    }
}
