import Mosquitto
import TallywireCore
import TallywireEngine

/// Writes events as CloudEvents 1.0: structured (JSON event format 1.0.2) or binary (MQTT protocol binding 1.0.2, section 3.1).
///
/// `id` is `EPOCH:SEQ`, so an event that is published again has the same id. The data is the event's `data`, byte for byte.
struct CloudEvent: Equatable, Sendable {
    /// A URI reference that names the journal of the events.
    let source: String
    /// The text before the event's name in `type`.
    let typePrefix: String
    let epoch: String

    static let structuredType = "application/cloudevents+json; charset=utf-8"
    static let dataType = "application/json"

    /// The payload of the structured mode; `nil` if the JSON of `record` is not that of an event.
    func structured(_ record: EventEnvelope) -> [UInt8]? {
        guard let data = record.data else { return nil }
        var json = JSONWriter(capacity: record.json.count + 256)
        json.object { json in
            for attribute in attributes(of: record) {
                json.dynamicKey(attribute.name)
                json.string(attribute.value)
            }
            json.member("datacontenttype", Self.dataType)
            json.key("data")
            json.raw(data)
        }
        return json.bytes
    }

    /// The context attributes except `datacontenttype`, for which MQTT has a property.
    func attributes(of record: EventEnvelope) -> [UserProperty] {
        var attributes = [
            UserProperty("specversion", "1.0"), UserProperty("id", "\(epoch):\(record.seq)"), UserProperty("source", source),
            UserProperty("type", typePrefix + record.type.rawValue),
        ]
        let subject = record.subject
        if let text = subject.sku ?? subject.product?.description ?? subject.location {
            attributes.append(UserProperty("subject", text))
        }
        attributes.append(UserProperty("time", record.timestamp.description))
        return attributes
    }
}
