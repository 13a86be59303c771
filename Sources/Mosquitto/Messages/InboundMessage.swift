/// A message that came in through a subscription.
public struct InboundMessage: Equatable, Sendable {
    public var topic: String
    /// The payload; empty if it was larger than the client's limit, see ``isOversized``.
    public var payload: [UInt8]
    /// The size of the payload on the wire.
    public var size: Int
    /// The packet's id, unique among the unacknowledged messages of this session; `nil` with QoS 0.
    public var packetID: UInt16?
    /// Whether the broker has tried to deliver the message before (the DUP flag). The client may or may not have seen it.
    public var isRedelivery: Bool
    /// Whether the broker had the message before the subscription.
    public var isRetained: Bool
    public var responseTopic: String?
    public var correlationData: [UInt8]?
    /// The media type of the payload. MQTT 5 only, like ``userProperties``.
    public var contentType: String?
    public var userProperties: [UserProperty]

    public init(
        topic: String, payload: [UInt8], size: Int? = nil, packetID: UInt16?, isRedelivery: Bool = false, isRetained: Bool = false,
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, contentType: String? = nil,
        userProperties: [UserProperty] = []
    ) {
        self.topic = topic
        self.payload = payload
        self.size = size ?? payload.count
        self.packetID = packetID
        self.isRedelivery = isRedelivery
        self.isRetained = isRetained
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.contentType = contentType
        self.userProperties = userProperties
    }

    /// Whether the payload was left out because it is larger than the limit.
    public var isOversized: Bool { size > payload.count }
}

/// Messages that were read together. Their acknowledgements are held back.
///
/// The next batches come while this one is handled. If the process ends or the connection is lost before ``acknowledge()``, the
/// broker delivers the messages of QoS 1 again.
public struct InboundBatch: Sendable {
    /// The messages in the order in which the broker sent them. There is at least one.
    public let messages: [InboundMessage]
    /// The first and the last moment at which the messages can have arrived.
    public let arrival: ClosedRange<ContinuousClock.Instant>
    /// How long the connection was idle before this batch, counting only time when the client was reading.
    public let silence: Duration
    /// How many times the broker has begun a new session for this client since the client was made. Within one session a packet id
    /// is given to another message only after the earlier message was acknowledged. Across sessions a packet id means nothing.
    public let session: Int
    /// How many times the client has connected. A new number means that the messages begin with those that waited at the broker.
    public let connection: Int
    let number: UInt64
    let mailbox: Mailbox?

    init(
        messages: [InboundMessage], arrival: ClosedRange<ContinuousClock.Instant>, silence: Duration, session: Int, connection: Int,
        number: UInt64, mailbox: Mailbox?
    ) {
        self.messages = messages
        self.arrival = arrival
        self.silence = silence
        self.session = session
        self.connection = connection
        self.number = number
        self.mailbox = mailbox
    }

    /// A batch that came from no broker, for tests of code that handles batches.
    public init(
        messages: [InboundMessage], arrival: ClosedRange<ContinuousClock.Instant> = .now ... .now, silence: Duration = .zero,
        session: Int = 0, connection: Int = 0
    ) {
        self.init(
            messages: messages, arrival: arrival, silence: silence, session: session, connection: connection, number: 0,
            mailbox: nil)
    }

    /// Says that these messages and all before them are handled. Once every batch that was handed over is acknowledged, the
    /// acknowledgements leave. If the connection was lost meanwhile, they are lost too and the messages come again. Further calls
    /// do nothing.
    public func acknowledge() {
        mailbox?.acknowledge(number)
    }
}

extension InboundMessage {
    /// The bytes of the message: payload, topic and properties.
    var bytes: Int {
        let properties = userProperties.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
        return payload.count + topic.utf8.count + (responseTopic?.utf8.count ?? 0) + (correlationData?.count ?? 0)
            + (contentType?.utf8.count ?? 0) + properties
    }
}
