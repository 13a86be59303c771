import MQTTConnection
import TallywireConfiguration
import TallywirePipeline

/// The value of `payload` in a rule: a name, or an object that says what a display gets.
enum PayloadOption: Equatable, Sendable {
    case event, display, cloudEvents, cloudEventsBinary
    case form(fields: [DisplayField]?, text: String?)

    fileprivate enum Name: String, CaseIterable, Decodable {
        case event, display, cloudevents
        case cloudeventsBinary = "cloudevents-binary"
    }

    static let names = Name.allCases.map(\.rawValue)

    /// The payload of rule `index`, checked.
    func payload(ofRule index: Int) throws(OptionError) -> PublishRule.Payload {
        switch self {
        case .event: return .event
        case .cloudEvents: return .cloudEvent
        case .cloudEventsBinary: return .binaryCloudEvent
        case .display: return .display(.contract)
        case .form(let fields?, nil):
            guard Set(fields).count == fields.count else {
                throw OptionError(
                    "publish", String(index), "payload", "fields", message: "a field is named twice, and an object has a key once")
            }
            return .display(.fields(fields))
        case .form(nil, let text?):
            do {
                return .display(.text(try DisplayText(text)))
            } catch {
                throw OptionError("publish", String(index), "payload", "text", message: error.description)
            }
        case .form:
            throw OptionError("publish", String(index), "payload", message: "a display gets either “fields” or “text”")
        }
    }
}

extension PayloadOption: Decodable {
    private enum Key: String, CodingKey {
        case fields, text
    }

    init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(Name.self) {
            switch name {
            case .event: self = .event
            case .display: self = .display
            case .cloudevents: self = .cloudEvents
            case .cloudeventsBinary: self = .cloudEventsBinary
            }
        } else {
            let container = try decoder.container(keyedBy: Key.self)
            self = .form(
                fields: try container.decodeIfPresent([DisplayField].self, forKey: .fields),
                text: try container.decodeIfPresent(String.self, forKey: .text))
        }
    }
}
