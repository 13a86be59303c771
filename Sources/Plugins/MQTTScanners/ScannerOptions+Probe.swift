import MQTTConnection
import Mosquitto
import TallywirePipeline

extension ScannerOptions {
    /// What `check --connect` finds: that scans can be subscribed to, and an answer be published, to a scanner of a name that nobody has.
    func problems() async -> [OptionError] {
        do {
            let topic = try ScanTopic(template: topic)
            let scans = topic.filter(sharedBy: share)
            let template = statusTopic ?? topic.statusTemplate
            let statuses = template.isEmpty ? nil : try ScanTopic(template: template).filter
            let answers = topic.answers(toScanOn: topic.example(of: "tallywire-check"))
            return await
                (try BrokerProbe(
                    self,
                    subscriptions: [.init(scans, option: "topic")]
                        + (statuses.map { [.init($0, option: "statusTopic")] } ?? []),
                    publications: answers.map { [.init($0, option: "topic")] } ?? [])).problems()
        } catch let mistake as ScanTopic.Mistake {
            return [OptionError("topic", message: mistake.description)]
        } catch {
            return [error as? OptionError ?? OptionError("broker", message: "\(error)")]
        }
    }
}
