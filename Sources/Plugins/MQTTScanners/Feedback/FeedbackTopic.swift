import MQTTConnection
import Mosquitto
import TallywirePipeline

/// The topic to which a gateway subscribes for the feedback of its devices, with placeholders for the gateway's name, the device's
/// and the event's: `tallywire/gateway/{gateway}/{event}`.
struct FeedbackTopic: Equatable, Sendable, Decodable {
    private enum Place: String, CaseIterable, Sendable {
        case gateway, device, event
    }

    private let template: TopicTemplate<Place>

    init(_ text: String) throws(TemplateMistake) {
        template = try TopicTemplate(text, rule: "the topic can have {gateway}, {device}, {event} and no other braces")
        guard template.has(.event) else { throw TemplateMistake("the topic needs {event}, which is feedback! or display!") }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let mistake as TemplateMistake {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: mistake.description)
        }
    }

    /// All topics of the template, as a filter.
    var filter: String { template.filter() }

    /// The topics of one gateway, or of one device if the template has no gateway, as a filter with `name` for its level.
    func own(_ name: String) -> String {
        let own: Place = template.has(.gateway) ? .gateway : .device
        return template.filter { $0 == own ? name : nil }
    }

    /// The topic; `nil` if a name is missing or would change the topic's levels.
    func topic(gateway: String?, device: String, event: String) -> String? {
        let topic = template.topic { place in
            let name = place == .gateway ? gateway : place == .device ? device : event
            return name.flatMap { $0.isEmpty || $0.contains { "/+#".contains($0) } ? nil : $0 }
        }
        return topic.flatMap { Topic.problem($0) == nil ? $0 : nil }
    }
}

/// How a worker is told on the device what became of a scan.
struct FeedbackOptions: Equatable, Sendable, Decodable {
    /// The topic to which the device's gateway subscribes; see ``FeedbackTopic``.
    var topic: FeedbackTopic
    /// The texts of the display: for a scan that was applied, before the remaining stock, for a repeat, for a refusal.
    var applied: String
    var left: String
    var repeated: String
    var rejected: String
}
