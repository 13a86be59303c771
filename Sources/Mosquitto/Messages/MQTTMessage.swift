import CMosquitto

/// A message to publish.
public struct MQTTMessage: Equatable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    public var quality: QualityOfService
    /// Whether the broker keeps the message as the topic's last one. A retained empty payload deletes the last one.
    public var retain: Bool
    /// The topic on which an answer is expected. MQTT 5 only; left out on a 3.1.1 connection.
    public var responseTopic: String?
    /// The correlation data that an answer has to contain. MQTT 5 only; left out on a 3.1.1 connection.
    public var correlationData: [UInt8]?
    /// The media type of the payload. MQTT 5 only; left out on a 3.1.1 connection.
    public var contentType: String?
    /// Names and values, in this order. MQTT 5 only; left out on a 3.1.1 connection.
    public var userProperties: [UserProperty]

    public init(
        topic: String, payload: [UInt8], quality: QualityOfService = .atLeastOnce, retain: Bool = false,
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, contentType: String? = nil,
        userProperties: [UserProperty] = []
    ) {
        self.topic = topic
        self.payload = payload
        self.quality = quality
        self.retain = retain
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.contentType = contentType
        self.userProperties = userProperties
    }
}

/// How reliably a message arrives. QoS 2 is left out on purpose: libmosquitto keeps such messages in memory between two handshakes,
/// so that a crash loses them. An id in the payload gives "exactly once" without it.
public enum QualityOfService: Int, Sendable, Codable {
    case atMostOnce = 0
    case atLeastOnce = 1
}

/// The result of publishing one message.
public enum PublishResult: Equatable, Sendable {
    /// The broker has the message: acknowledged with QoS 1, written to the connection with QoS 0.
    case accepted
    /// The broker or the protocol will never take this message: it is too large, or the topic is not valid.
    case rejected(String)
    /// The broker does not take the message now, and may once somebody has changed the cause: not authorized, quota exceeded.
    case denied(String)
}

extension PublishResult {
    /// The result for the reason code of a PUBACK. 16 is "no matching subscribers", which is a success.
    init(reason: Int32) {
        guard reason >= 128 else {
            self = .accepted
            return
        }
        let text = Library.describe(reason: reason)
        switch UInt32(bitPattern: reason) {
        case MQTT_RC_TOPIC_NAME_INVALID.rawValue, MQTT_RC_PACKET_TOO_LARGE.rawValue, MQTT_RC_PAYLOAD_FORMAT_INVALID.rawValue:
            self = .rejected(text)
        default: self = .denied(text)
        }
    }
}

/// A name and a value that an MQTT 5 message has beside its payload. A name may occur more than once.
public struct UserProperty: Equatable, Sendable {
    public var name: String
    public var value: String

    /// Both are UTF-8 of at most 65,535 bytes each.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
