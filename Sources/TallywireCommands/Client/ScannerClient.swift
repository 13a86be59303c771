import Foundation
import Logging
import MQTTScanners
import Mosquitto
import TallywireCore

/// A barcode scanner in software: publishes codes with ids of its own, waits for each reply, and repeats the scan until one comes.
final class ScannerClient: Sendable {
    private let client: MQTTClient
    private let scanTopic: String
    private let timeout: Duration
    private let replies = Replies()

    /// The server's reply.
    struct Acknowledgement: Decodable, Sendable {
        let id: String?
        let status: String
        let seq: UInt64?
        let sku: String?
        let stock: Int64?
        let code: String?
        let message: String?
    }

    /// A scanner `device` at `broker` that publishes to `topic`, a template with `{device}`. A scan without a reply within
    /// `timeout` is repeated with its id, three times.
    init(options: MQTTClientOptions, topic template: String, device: String, timeout: Duration = .seconds(5)) throws {
        self.timeout = timeout
        do {
            let topic = try ScanTopic(template: template)
            guard let scans = topic.scans(of: device), let replies = topic.replyTopic(forScansOn: scans) else {
                throw Failure.usage("the topic \(template) has wildcards: say --topic with the levels that this scanner is at")
            }
            scanTopic = scans
            var options = options
            options.clientID = "tallywire-scan-\(UUID().uuidString.prefix(8).lowercased())"
            options.subscriptions = [replies]
            client = try MQTTClient(options, logger: Logger(label: "scan", factory: { _ in SwiftLogNoOpLogHandler() }))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure.usage("\(error)")
        }
    }

    /// Runs `body` with a connected scanner, and disconnects afterwards.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        do {
            try await client.connected(within: .seconds(10))
        } catch {
            await client.stop()
            throw Failure("error: \(error)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            do {
                try await body()
            } catch {
                await client.stop()
                throw error
            }
            // Stopping ends the stream of replies, and so the task that reads them.
            await client.stop()
        }
    }

    /// Publishes one scan and returns its reply, as text and decoded; `nil` if none came after all repeats.
    func scan(_ code: String, quantity: Int64?) async throws -> Reply? {
        var json = JSONWriter()
        let id = UUID().uuidString.lowercased()
        json.object { json in
            json.member("id", id)
            json.member("barcode", code)
            json.member("quantity", quantity)
        }
        for _ in 0..<4 {
            let result: PublishResult?
            do {
                result = try await client.publish([MQTTMessage(topic: scanTopic, payload: json.bytes)]).first
            } catch {
                throw Failure("error: \(error)")
            }
            switch result {
            case .rejected(let reason), .denied(let reason): throw Failure("error: the broker refused the scan: \(reason)")
            case .accepted, nil: break
            }
            if let reply = await replies.wait(for: id, timeout) { return reply }
        }
        return nil
    }

    /// Takes replies until the client is stopped. Each batch is acknowledged, whatever it contains: replies to other scanners are
    /// not this client's concern.
    private func receive() async {
        for await batch in client.batches {
            batch.acknowledge()
            for message in batch.messages {
                let text = Data(message.payload)
                guard let reply = try? JSONDecoder().decode(Acknowledgement.self, fromOutside: text),
                    let id = reply.id
                else { continue }
                await replies.take(Reply(text: text, acknowledgement: reply), id)
            }
        }
    }

    /// A reply as it came, and decoded.
    struct Reply: Sendable {
        let text: Data
        let acknowledgement: Acknowledgement
    }

    /// Passes replies to the callers that wait for them.
    private actor Replies {
        private var waiting: [String: CheckedContinuation<Reply?, Never>] = [:]

        func wait(for id: String, _ timeout: Duration) async -> Reply? {
            await withTaskGroup(of: Reply?.self) { group in
                group.addTask { await self.arrival(of: id) }
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    await self.giveUp(id)
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first
            }
        }

        func take(_ reply: Reply, _ id: String) {
            waiting.removeValue(forKey: id)?.resume(returning: reply)
        }

        private func arrival(of id: String) async -> Reply? {
            await withCheckedContinuation { waiting[id] = $0 }
        }

        private func giveUp(_ id: String) {
            waiting.removeValue(forKey: id)?.resume(returning: nil)
        }
    }
}
