import Mosquitto
import TallywirePipeline

extension ScannerOptions {
    /// The topics of an entry: scans and statuses, answers, and what gateways are told.
    func topics(of name: String) throws -> [TopicUse] {
        let scans = try ScanTopic(template: topic)
        let template = statusTopic ?? scans.statusTemplate
        var uses = [
            TopicUse(filter: scans.filter, kind: .devices, purpose: "where “\(name)” takes scans"),
            TopicUse(filter: scans.answerFilter, kind: .answers, purpose: "where “\(name)” answers scans"),
        ]
        if !template.isEmpty {
            uses.append(
                TopicUse(
                    filter: try ScanTopic(template: template).filter, kind: .devices,
                    purpose: "where the devices of “\(name)” say that they are there"))
        }
        for feedback in Set(devices.values.compactMap { $0.feedback?.topic.filter }).sorted() {
            uses.append(TopicUse(filter: feedback, purpose: "where “\(name)” tells gateways what became of a scan"))
        }
        return uses
    }

    /// Patterns of ``responses`` that reach topics which mean something else.
    func judge(beside topics: [TopicUse]) -> [OptionError] {
        (responses ?? []).enumerated().compactMap { index, pattern in
            ResponseTopics.problem(pattern, reserved: topics).map { OptionError("responses", String(index), message: $0) }
        }
    }

    /// Where scans may ask to be answered, beside the topics of all entries.
    func responseTopics(of scans: ScanTopic, statuses: ScanTopic?, beside topics: [TopicUse]) -> ResponseTopics {
        let others = topics.filter { $0.kind != .answers }.map(\.filter)
        let reserved = Set([scans.filter] + (statuses.map { [$0.filter] } ?? []) + others).sorted()
        guard let responses else { return ResponseTopics(of: scans, reserved: reserved) }
        return ResponseTopics(patterns: responses, reserved: reserved)
    }
}
