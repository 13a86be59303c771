import Foundation
import MQTTConnection
import Mosquitto
import TallywireCore
import TallywirePipeline

extension MQTTSinkOptions {
    /// What `check --connect` finds: whether each rule's topics may be published to, with names that nothing has, and the status topic.
    /// A display that listens to all topics sees an item that is gone and never was there.
    /// And whether the status topic tells of a server of another journal, which then probably has the client id too.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        do {
            let name = "tallywire-check"
            let topics = try rules().enumerated().map { index, rule in
                let values = TopicValues(epoch: name, sku: name, location: name)
                return BrokerProbe.Topics(
                    rule.topic.topic(values, orElse: name), option: "publish", String(index), "topic")
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
