import Foundation
import MQTTConnection
import Mosquitto
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The options of `mqtt`.
struct MQTTSinkOptions: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?
    /// The MQTT client id; `nil` for `tallywire-NAME`.
    var clientId: String?
    var publish: [Rule]
    var window: Int
    var keepAlive: Duration
    var statusTopic: String
    var repair = Repair()
    /// `nil` if the displays' confirmations are not wanted.
    var confirm: Confirm?
    var cloudEvents = CloudEvent.Options()

    struct Rule: Decodable, Sendable {
        var events: [EventType]?
        var topic: String
        var retain: Bool
        var qos: Mosquitto.QualityOfService
        var payload: PayloadOption
    }

    struct Repair: Decodable, Sendable {
        var settle = Duration.milliseconds(500)
        var limit = 1_000_000
    }

    struct Confirm: Decodable, Sendable {
        var within = Duration.seconds(60)
        var limit = 200_000
    }
}

extension SinkType {
    /// `mqtt`: events to topics, shelf displays as retained topics.
    public static let mqtt = SinkType(
        "mqtt", summary: "Publishes events to topics of an MQTT broker, and keeps shelf displays as retained topics.",
        schema: MQTTSinkOptions.schema, options: MQTTSinkOptions.self, messaging: .publications,
        topics: { try $0.topics(of: $1) },
        brokerRules: { try PublicationRights.rules($0) },
        probe: { await $0.problems($1) },
        make: { options in
            try options.validateConnection()
            return try MQTTSink(options)
        })
}

extension MQTTSinkOptions {
    /// The topics of an entry: those of its rules, of the displays' confirmations, and of its status.
    func topics(of name: String) throws -> [TopicUse] {
        var uses: [TopicUse] = []
        for rule in try rules() {
            let filter = rule.topic.template.filter()
            let isDisplay = rule.display != nil
            uses.append(TopicUse(filter: filter, purpose: "where “\(name)” publishes \(isDisplay ? "displays" : "events")"))
            if isDisplay {
                uses.append(
                    TopicUse(filter: filter + Confirmation.suffix, purpose: "where displays of “\(name)” confirm what they show"))
            }
        }
        if !statusTopic.isEmpty {
            uses.append(TopicUse(filter: statusTopic, purpose: "where “\(name)” says that the server is there"))
            uses.append(TopicUse(filter: statusTopic + "/#", purpose: "where “\(name)” marks what it reads"))
        }
        return uses
    }

    /// The rules, checked.
    func rules() throws(OptionError) -> [PublishRule] {
        var rules: [PublishRule] = []
        for (index, rule) in publish.enumerated() {
            let payload = try rule.payload.payload(ofRule: index)
            do throws(TemplateMistake) {
                let topic = try EventTopic(rule.topic)
                if case .display = payload {
                    let places = topic.template
                    guard places.has(.location), places.has(.sku) || places.has(.variant), !places.has(.event) else {
                        throw TemplateMistake("a display's topic needs {location}, and {sku} or {variant}, and cannot have {event}")
                    }
                }
                rules.append(
                    PublishRule(
                        events: rule.events.map { Set($0) }, topic: topic, retain: rule.retain, quality: rule.qos,
                        payload: payload))
            } catch {
                throw OptionError("publish", String(index), "topic", message: error.description)
            }
        }
        if confirm != nil, !rules.contains(where: { $0.display != nil }) {
            throw OptionError("confirm", message: "there is no display to confirm anything: no rule of publish has such a payload")
        }
        return rules
    }
}

extension MQTTSinkOptions {
    /// What `check --connect` finds: whether the topics of each rule may be published to, tried with names that nothing has, and
    /// whether the status topic may. A display that subscribes to all topics sees that an item is removed that never existed. Also
    /// whether the status topic shows a server with another journal, which then probably has the same client id.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        do {
            let name = "tallywire-check"
            let topics = try rules().enumerated().map { index, rule in
                let values = EventValues(epoch: name, sku: name, location: name)
                return BrokerProbe.Topics(
                    rule.topic.template.topic { values[$0] ?? name } ?? name, option: "publish", String(index), "topic")
            }
            let status = BrokerProbe.Topics(statusTopic, option: "statusTopic", payload: #"{"status":"check"}"#)
            let probe = try BrokerProbe(self, publications: topics + [status])
            let other = await probe.retained(on: statusTopic).flatMap { Self.problem(with: $0, context, clientId) }
            return await probe.problems() + (other.map { [$0] } ?? [])
        } catch {
            return [error]
        }
    }

    private static func problem(with status: InboundMessage, _ context: ProbeContext, _ clientID: String?) -> OptionError? {
        struct Status: Decodable {
            let status: String
            let epoch: String
        }
        guard let status = try? JSONDecoder().decode(Status.self, fromOutside: status.payload), status.status == "online",
            status.epoch != context.epoch
        else { return nil }
        return OptionError(
            "statusTopic",
            message: """
                a server of another journal (epoch \(status.epoch)) is online there with this status topic: if it has the client id \
                “\(clientID ?? "tallywire-\(context.name)")” too, the two throw each other out; give this one its own clientId and statusTopic
                """)
    }
}
