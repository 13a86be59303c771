import Mosquitto
import TallywireCore

/// What is published where: an element of `publish`.
struct PublishRule: Equatable, Sendable {
    enum Payload: String, Decodable, Sendable {
        /// The event itself, the bytes that the journal has.
        case event
        /// What a shelf display shows.
        case display
    }

    /// `nil` for all.
    let events: Set<EventType>?
    let topic: TopicTemplate
    let retain: Bool
    let quality: QualityOfService
    let payload: Payload

    func wants(_ type: EventType) -> Bool { events?.contains(type) ?? true }

    func message(_ topic: String, _ payload: [UInt8]) -> MQTTMessage {
        MQTTMessage(topic: topic, payload: payload, quality: quality, retain: retain)
    }
}
