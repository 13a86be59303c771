import Glibc
import Logging
import Mosquitto
import TallywireConfiguration

/// The trial of `check --connect` at a broker: connect, log in, subscribe and publish. It says which of these fails, and what to do
/// about it.
///
/// The probe connects with a client id of its own, so that a running server keeps its connection. It leaves no session. Its
/// messages are not retained and have no meaning.
public struct BrokerProbe: Sendable {
    /// A topic that the plugin uses, with the option that names it.
    public struct Topics: Sendable {
        var topic: String
        var path: [String]
        var payload: String

        public init(_ topic: String, option path: String..., payload: String = "") {
            self.topic = topic
            self.path = path
            self.payload = payload
        }
    }

    private let options: MQTTClientOptions
    private let subscriptions: [Topics]
    private let publications: [Topics]
    private let limit: Duration

    /// A probe with the connection of `options`. `subscriptions` are filters, and `publications` topics that have to be
    /// publishable.
    public init(
        _ options: some BrokerOptions, subscriptions: [Topics] = [], publications: [Topics] = [],
        within limit: Duration = .seconds(5)
    ) throws(OptionError) {
        var client = try options.connection("tallywire-check-\(getpid())-\(UInt32.random(in: .min ... .max))")
        client.answerTimeout = limit
        client.keepAlive = .seconds(60)
        self.options = client
        self.subscriptions = subscriptions
        self.publications = publications
        self.limit = limit
    }

    /// Returns what does not work, each with the option that it is about.
    public func problems() async -> [OptionError] {
        var problems: [OptionError] = []
        for (index, broker) in options.brokers.all.enumerated() {
            let place = options.brokers.all.count == 1 ? ["broker"] : ["broker", String(index)]
            problems += await self.problems(at: broker, place)
        }
        return problems
    }

    /// Returns the message that the first broker retains on `topic`; `nil` if none comes soon, or if it cannot be read.
    public func retained(on topic: String) async -> InboundMessage? {
        guard let client = try? await connect(to: options.brokers.first, [topic]) else { return nil }
        let message = await withTaskGroup(of: InboundMessage?.self) { group in
            group.addTask {
                for await batch in client.batches {
                    batch.acknowledge()
                    if let kept = batch.messages.first(where: \.isRetained) { return kept }
                }
                return nil
            }
            group.addTask {
                // A retained message follows right after the broker's answer to the subscription.
                try? await Task.sleep(for: .milliseconds(500))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        await client.stop()
        return message
    }

    private func problems(at broker: BrokerAddress, _ place: [String]) async -> [OptionError] {
        var problems: [OptionError] = []
        do {
            let client = try await connect(to: broker, [])
            problems += await refusedPublications(client, broker)
            await client.stop()
            // One by one, so that each refusal is reported.
            for subscription in subscriptions {
                do {
                    await (try connect(to: broker, [subscription.topic])).stop()
                } catch let error as MQTTError where error.code == .forbidden {
                    problems.append(OptionError(path: subscription.path, message: "\(error.message)"))
                }
            }
        } catch let error as MQTTError {
            problems.append(OptionError(path: Self.place(of: error, place), message: Self.text(error)))
        } catch {
            problems.append(OptionError(path: place, message: "\(broker): \(error)"))
        }
        return problems
    }

    private func connect(to broker: BrokerAddress, _ subscriptions: [String]) async throws -> MQTTClient {
        var options = options
        options.brokers = BrokerAddresses(broker)
        options.subscriptions = subscriptions
        let client = try MQTTClient(options, logger: Logger(label: "tallywire.check") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await client.connected(orFailedWithin: limit + .seconds(1))
            return client
        } catch {
            await client.stop()
            throw error
        }
    }

    private func refusedPublications(_ client: MQTTClient, _ broker: BrokerAddress) async -> [OptionError] {
        var problems: [OptionError] = []
        for publication in publications {
            let message = MQTTMessage(topic: publication.topic, payload: Array(publication.payload.utf8))
            do {
                switch try await publish(message, client) {
                case .denied(let reason), .rejected(let reason):
                    problems.append(
                        OptionError(
                            path: publication.path,
                            message: "\(broker) does not let us publish to \(publication.topic): \(reason); see its access list"))
                case .accepted, nil: break
                }
            } catch {
                problems.append(
                    OptionError(path: publication.path, message: "\(broker), publishing to \(publication.topic): \(error)"))
            }
        }
        return problems
    }

    /// Returns the result of publishing `message`. Throws if the broker does not answer.
    private func publish(_ message: MQTTMessage, _ client: MQTTClient) async throws -> PublishResult? {
        try await withThrowingTaskGroup(of: PublishResult?.self) { group in
            group.addTask { try await client.publish([message]).first }
            group.addTask {
                try await Task.sleep(for: limit)
                throw MQTTError(.unreachable, "no answer within \(limit)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// The option that caused `error`.
    private static func place(of error: MQTTError, _ broker: [String]) -> [String] {
        switch error.code {
        case .tls:
            let keys = ["ca", "certificate", "key", "keyPassword", "serverName", "minimumVersion", "alpn"]
            let key = keys.first { error.message.contains("tls.\($0):") }
            return key.map { ["tls", $0] } ?? broker
        case .login: return ["user"]
        default: return broker
        }
    }

    private static func text(_ error: MQTTError) -> String {
        switch error.code {
        case .unknownHost: "\(error.message); is the name right, and does this machine's DNS know it?"
        case .unreachable where error.message.contains("refused"):
            "\(error.message); does the broker run, on this port and not only on its own loopback?"
        case .unreachable where error.message.contains("nobody answers"):
            "\(error.message); a firewall in between, or a host that is down?"
        default: error.message
        }
    }
}
