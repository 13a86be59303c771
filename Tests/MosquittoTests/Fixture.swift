import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireTesting
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension MQTTClientOptions {
    /// Options that come back quickly.
    static func test(_ url: String, _ id: String, configure: (inout MQTTClientOptions) -> Void = { _ in }) throws -> Self {
        var options = MQTTClientOptions(broker: try BrokerAddress(url), clientID: id)
        options.reconnect = ReconnectPolicy(
            initial: .milliseconds(20), maximum: .milliseconds(200), refused: .milliseconds(300),
            refusedMaximum: .milliseconds(600), takenOverMaximum: .seconds(2), stable: .seconds(1))
        configure(&options)
        return options
    }

    /// Options of a session that the broker keeps.
    static func persistent(_ url: String, _ id: String, _ subscriptions: String...) throws -> Self {
        try test(url, id) {
            $0.cleanStart = false
            $0.sessionExpiry = .seconds(3600)
            $0.subscriptions = subscriptions
        }
    }
}

extension MQTTClient {
    /// A client that is connected.
    static func connected(_ options: MQTTClientOptions) async throws -> MQTTClient {
        let client = try MQTTClient(options, logger: quiet)
        try await client.connected(within: .seconds(20))
        return client
    }

    /// Publishes text with quality 1, one message after the other.
    func publish(_ topic: String, _ payloads: String..., retain: Bool = false) async throws {
        let messages = payloads.map { MQTTMessage(topic: topic, payload: Array($0.utf8), retain: retain) }
        #expect(try await publish(messages).allSatisfy { $0 == .accepted })
    }
}

extension InboundMessage {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// Collects what a client gets, and acknowledges it.
final class Collector: Sendable {
    private let collected = Mutex<[InboundMessage]>([])
    var messages: [InboundMessage] { collected.withLock { $0 } }
    var texts: [String] { messages.map(\.text) }
    /// Each text once, in the order in which they first came.
    var distinctTexts: [String] { texts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

    /// Reads until the client stops.
    func collect(from client: MQTTClient) async {
        for await batch in client.batches {
            batch.acknowledge()
            collected.withLock { $0 += batch.messages }
        }
    }
}

/// Runs `body` while what `client` gets is collected, then stops the client.
func collecting(from client: MQTTClient, _ body: (Collector) async throws -> Void) async throws {
    let collector = Collector()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await collector.collect(from: client) }
        do { try await body(collector) } catch {
            await client.stop()
            throw error
        }
        await client.stop()
        try await group.waitForAll()
    }
}

/// The next batch, or an error after `limit`.
func next(_ client: MQTTClient, within limit: Duration = .seconds(20)) async throws -> InboundBatch {
    try await withThrowingTaskGroup(of: InboundBatch?.self) { group in
        group.addTask {
            var iterator = client.batches.makeAsyncIterator()
            return await iterator.next()
        }
        group.addTask {
            try await ContinuousClock().sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try #require(try await group.next() ?? nil)
    }
}
