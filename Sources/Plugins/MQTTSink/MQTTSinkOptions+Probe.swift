import MQTTConnection
import Mosquitto
import TallywireCore
import TallywirePipeline

extension MQTTSinkOptions {
    /// What `check --connect` finds: whether each rule's topics may be published to, with names that nothing has, and the status topic.
    /// A display that listens to all topics sees an item that is gone and never was there.
    func problems() async -> [OptionError] {
        do {
            let name = "tallywire-check"
            let topics = try rules().enumerated().map { index, rule in
                let values = TopicValues(epoch: name, sku: name, location: name)
                return BrokerProbe.Topics(
                    rule.topic.topic(values, orElse: name), option: "publish", String(index), "topic")
            }
            let status = BrokerProbe.Topics(statusTopic, option: "statusTopic", payload: #"{"status":"check"}"#)
            return await (try BrokerProbe(self, publications: topics + [status])).problems()
        } catch {
            return [error]
        }
    }
}
