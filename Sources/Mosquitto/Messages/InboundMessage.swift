/// A message that came in through a subscription.
public struct InboundMessage: Equatable, Sendable {
    public var topic: String
    /// The payload, empty if it was over the client's limit: see ``isOversized``.
    public var payload: [UInt8]
    /// The size of the payload on the wire.
    public var size: Int
    /// The packet's id, unique among the messages of this session that are not acknowledged; `nil` with quality 0.
    public var packetID: UInt16?
    /// Whether the broker has tried to deliver it before (the DUP flag). It may or may not have been seen here.
    public var isRedelivery: Bool
    /// Whether it was lying at the broker before the subscription.
    public var isRetained: Bool
    public var responseTopic: String?
    public var correlationData: [UInt8]?
    /// The media type of the payload, and what else was named with it. MQTT 5 only.
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

    /// Whether the payload was left out because it is over the limit.
    public var isOversized: Bool { size > payload.count }
}

/// Messages that were read together and whose acknowledgements are held back.
///
/// The next batches come while this one is worked on. If the process ends before ``acknowledge()``, or the connection is lost, the broker
/// delivers the messages of quality 1 again.
public struct InboundBatch: Sendable {
    /// In the order in which the broker sent them: at least one.
    public let messages: [InboundMessage]
    /// Between which moments they arrived here, as far as that is known.
    public let arrival: ClosedRange<ContinuousClock.Instant>
    /// How long nothing had come before that, though it would have been read.
    public let silence: Duration
    /// How many times the broker began a session anew for this client since the client was made. Within one session a packet
    /// id is given to another message only after the earlier one was acknowledged; across sessions it means nothing.
    public let session: Int
    /// How many times the client has connected: with a new number begins what waited at the broker.
    public let connection: Int
    let number: UInt64
    let mailbox: Mailbox?

    init(
        messages: [InboundMessage], arrival: ClosedRange<ContinuousClock.Instant>, silence: Duration, session: Int, connection: Int,
        number: UInt64,
        mailbox: Mailbox
    ) {
        self.messages = messages
        self.arrival = arrival
        self.silence = silence
        self.session = session
        self.connection = connection
        self.number = number
        self.mailbox = mailbox
    }

    /// A batch that came from no broker, for tests of what handles batches.
    public init(
        messages: [InboundMessage], arrival: ClosedRange<ContinuousClock.Instant> = .now ... .now, silence: Duration = .zero,
        session: Int = 0, connection: Int = 0
    ) {
        self.messages = messages
        self.arrival = arrival
        self.silence = silence
        self.session = session
        self.connection = connection
        self.number = 0
        self.mailbox = nil
    }

    /// Done with these messages and all before them. Once that is said of all that was handed over, the acknowledgements go. If the
    /// connection was lost meanwhile, they are gone with it and the messages come again. Calls after the first do nothing.
    public func acknowledge() {
        mailbox?.acknowledge(number)
    }
}

extension InboundMessage {
    /// The bytes that it holds, in its payload, its topic and its properties.
    var bytes: Int {
        let properties = userProperties.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
        return payload.count + topic.utf8.count + (responseTopic?.utf8.count ?? 0) + (correlationData?.count ?? 0)
            + (contentType?.utf8.count ?? 0) + properties
    }
}
