/// How a client connects, and its limits.
public struct MQTTClientOptions: Sendable {
    /// The brokers, of which the first that accepts the client is used. They are tried in order, and from the first on after a
    /// connection was lost. A broker that is up again is used only after the next loss. Each broker has sessions of its own.
    public var brokers: BrokerAddresses
    /// The user for brokers whose URL has none.
    public var user: String?
    public var password: String?
    /// The TLS settings for brokers of `mqtts`. ``TLSSettings/problem`` must be `nil`.
    public var tls = TLSSettings()
    /// The client id, to which the session belongs. 1 ... 200 bytes. Two clients with the same id disconnect each other.
    public var clientID: String
    /// Whether the broker discards the session of an earlier connection with this id.
    public var cleanStart: Bool
    /// How long the broker keeps the session after a connection has ended, in whole seconds. With MQTT 3.1.1 the broker decides how
    /// long it keeps a session without ``cleanStart``.
    public var sessionExpiry: Duration
    /// How long a connection may be silent: 5 s ... 65535 s. A broker ends a connection that is silent for one and a half times
    /// that.
    ///
    /// A batch may be held for any time (``InboundBatch/acknowledge()``). libmosquitto cannot ping meanwhile, because its queue has
    /// the acknowledgements first. So the client writes pings to the socket itself, between whole packets. A connection is between
    /// packets whenever a batch is read, unless the broker has stopped reading. In that case the broker may end the connection, and
    /// deliver again.
    ///
    /// A time that a broker of MQTT 5 names is used instead.
    public var keepAlive: Duration
    /// The message that the broker publishes for the client if the connection ends without DISCONNECT.
    public var will: MQTTMessage?
    /// The message that is published first on each connection.
    public var birth: MQTTMessage?
    /// The message that is published last, before the DISCONNECT of ``MQTTClient/stop()``, after which the broker discards the
    /// ``will``. For a client without subscriptions only.
    public var farewell: MQTTMessage?
    /// Topic filters, subscribed on each connection.
    public var subscriptions: [String]
    /// The quality of service of the ``subscriptions``. With 0 nothing has to be acknowledged, and a lost message stays lost.
    public var subscriptionQuality = QualityOfService.atLeastOnce
    /// How many messages the broker may send before it needs an acknowledgement, 1 ... 8192. Messages are handed over in a batch as
    /// soon as 250 of them have been read.
    public var receiveMaximum: Int
    /// The most bytes of payload in either direction. A larger message that comes in is handed over without its payload.
    public var payloadLimit: Int
    /// How many messages may be on their way to the broker. A lower limit of the broker is respected.
    public var window: Int
    public var version: MQTTVersion
    public var reconnect: ReconnectPolicy
    /// How long a broker may take to answer CONNECT and SUBSCRIBE.
    public var answerTimeout: Duration

    public init(
        broker: BrokerAddress, clientID: String, cleanStart: Bool = true, sessionExpiry: Duration = .zero,
        keepAlive: Duration = .seconds(60), will: MQTTMessage? = nil, birth: MQTTMessage? = nil, farewell: MQTTMessage? = nil,
        subscriptions: [String] = [],
        receiveMaximum: Int = 1000, payloadLimit: Int = 256 * 1024, window: Int = 200, version: MQTTVersion = .automatic,
        reconnect: ReconnectPolicy = ReconnectPolicy(), answerTimeout: Duration = .seconds(10)
    ) {
        brokers = BrokerAddresses(broker)
        self.clientID = clientID
        self.cleanStart = cleanStart
        self.sessionExpiry = sessionExpiry
        self.keepAlive = keepAlive
        self.will = will
        self.birth = birth
        self.farewell = farewell
        self.subscriptions = subscriptions
        self.receiveMaximum = receiveMaximum
        self.payloadLimit = payloadLimit
        self.window = window
        self.version = version
        self.reconnect = reconnect
        self.answerTimeout = answerTimeout
    }

    /// Throws ``MQTTError/Code/invalidOptions`` with the first value that is not valid.
    public func validate() throws(MQTTError) {
        func require(_ condition: Bool, _ message: String) throws(MQTTError) {
            guard condition else { throw MQTTError(.invalidOptions, message) }
        }
        try require(
            (1...200).contains(clientID.utf8.count) && !clientID.utf8.contains(0), "a client id has 1 to 200 bytes and no NUL")
        try require(
            (5...65_535).contains(keepAlive.components.seconds), "the keep-alive is 5 s to 65535 s, not \(keepAlive)")
        try require(
            (0..<Int64(UInt32.max)).contains(sessionExpiry.components.seconds), "the session expiry is 0 s to 4294967294 s")
        try require((1...8192).contains(receiveMaximum), "the receive maximum is 1 to 8192, not \(receiveMaximum)")
        try require((1...65_535).contains(window), "the window is 1 to 65535, not \(window)")
        try require((1...268_435_455).contains(payloadLimit), "the payload limit is 1 to 268435455, not \(payloadLimit)")
        try require(password == nil || user != nil || brokers.all.contains { $0.user != nil }, "there is a password, but no user")
        try require(brokers.all.count <= 16, "16 brokers at most")
        if let problem = tls.problem { throw MQTTError(.invalidOptions, problem) }
        for message in [will, birth, farewell].compactMap(\.self) {
            if let problem = Topic.problem(message.topic) { throw MQTTError(.invalidOptions, problem) }
        }
    }
}

/// The protocol version to use.
public enum MQTTVersion: String, Sendable, Decodable {
    /// MQTT 5. If the broker refuses it, 3.1.1 from then on.
    case automatic = "auto"
    case v5 = "5"
    case v311 = "3.1.1"
}
