import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Which events are published to which topic, and in which format: an element of `publish`.
struct PublishRule: Equatable, Sendable {
    enum Payload: Equatable, Sendable {
        /// The event itself, in the journal's bytes.
        case event
        /// The event as a CloudEvent, complete in the payload.
        case cloudEvent
        /// The event's data, with the attributes of a CloudEvent as properties of MQTT 5.
        case binaryCloudEvent
        /// The values of a shelf display.
        case display(DisplayFormat)
    }

    /// The types of events; `nil` for all.
    let events: Set<EventType>?
    let topic: EventTopic
    let retain: Bool
    let quality: QualityOfService
    let payload: Payload

    /// How displays are written; `nil` for a rule of events.
    var display: DisplayFormat? { if case .display(let format) = payload { format } else { nil } }

    func wants(_ type: EventType) -> Bool { events?.contains(type) ?? true }

    func message(_ topic: String, _ payload: [UInt8]) -> MQTTMessage {
        MQTTMessage(topic: topic, payload: payload, quality: quality, retain: retain)
    }

    /// The message that carries `record` itself; `nil` if its JSON is not that of an event.
    func message(_ topic: String, _ record: EventEnvelope, _ cloudEvent: CloudEvent) -> MQTTMessage? {
        switch payload {
        case .event:
            var message = message(topic, record.json)
            if let trace = record.trace { message.userProperties = [UserProperty(TraceParent.name, trace.description)] }
            return message
        case .cloudEvent:
            guard let payload = cloudEvent.structured(record) else { return nil }
            var message = message(topic, payload)
            message.contentType = CloudEvent.structuredType
            if let trace = record.trace { message.userProperties = [UserProperty(TraceParent.name, trace.description)] }
            return message
        case .binaryCloudEvent:
            guard let data = record.data else { return nil }
            var message = message(topic, Array(data))
            message.contentType = CloudEvent.dataType
            // The trace is among the attributes.
            message.userProperties = cloudEvent.attributes(of: record).map { UserProperty($0.name, $0.value) }
            return message
        case .display: return nil
        }
    }
}
