import Mosquitto

/// The topic to which a gateway subscribes for the feedback of its devices, with placeholders for the gateway's name, the device's
/// and the event's: `tallywire/gateway/{gateway}/{event}`.
struct FeedbackTopic: Equatable, Sendable, Decodable {
    let template: String
    private static let places = ["{gateway}", "{device}", "{event}"]

    /// Why a template cannot be used, for people.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    init(_ template: String) throws(Mistake) {
        var rest = template
        for place in Self.places { rest = rest.replacing(place, with: "x") }
        guard !rest.contains(where: { "{}".contains($0) }) else {
            throw Mistake(description: "the topic can have \(Self.places.joined(separator: ", ")) and no other braces")
        }
        if let problem = Topic.problem(rest) { throw Mistake(description: problem) }
        guard template.contains("{event}") else {
            throw Mistake(description: "the topic needs {event}, which is feedback! or display!")
        }
        self.template = template
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let mistake as Mistake {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: mistake.description)
        }
    }

    /// All topics of the template, as a filter.
    var filter: String {
        template.split(separator: "/", omittingEmptySubsequences: false).map { $0.contains("{") ? "+" : String($0) }.joined(
            separator: "/")
    }

    /// The topic; `nil` if a name is missing or would change the topic's levels.
    func topic(gateway: String?, device: String, event: String) -> String? {
        var topic = template
        for (place, name) in zip(Self.places, [gateway, device, event]) where topic.contains(place) {
            guard let name, !name.isEmpty, !name.contains(where: { "/+#".contains($0) }) else { return nil }
            topic = topic.replacing(place, with: name)
        }
        return Topic.problem(topic) == nil ? topic : nil
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
