/// How a client connects and what it may use.
public struct MQTTClientOptions: Sendable {
    /// Where to connect: the first that takes us. They are tried in order, and from the first on after a connection was lost; a broker
    /// that comes back is gone back to at the next loss, not before. Sessions are each broker's own.
    public var brokers: BrokerAddresses
    /// Who logs in at brokers whose URL has no user.
    public var user: String?
    public var password: String?
    /// How TLS is spoken with brokers of `mqtts`. ``TLSSettings/problem`` must be `nil`.
    public var tls = TLSSettings()
    /// Who we are at the broker; the session belongs to it. 1 ... 200 bytes; two clients with one id throw each other out.
    public var clientID: String
    /// Whether the broker forgets what an earlier connection of this id left.
    public var cleanStart: Bool
    /// How long the broker keeps the session after a connection ended, in whole seconds. With MQTT 3.1.1 a session without
    /// ``cleanStart`` is kept for as long as the broker likes.
    public var sessionExpiry: Duration
    /// How long a connection may be silent: 5 s ... 65535 s. A broker ends one that is silent for one and a half times that.
    ///
    /// A batch may be held for as long as it takes (``InboundBatch/acknowledge()``). libmosquitto could not ping meanwhile, because its
    /// queue has the acknowledgements in front, so the client writes pings past it: between whole packets, which is where a connection
    /// is whenever a batch is read, unless the broker stopped reading. In that case it may end the connection, and deliver again.
    ///
    /// A broker of MQTT 5 that names another time is heeded.
    public var keepAlive: Duration
    /// What the broker publishes for us if the connection ends without a goodbye.
    public var will: MQTTMessage?
    /// What is published first on each connection.
    public var birth: MQTTMessage?
    /// What is published last, before the goodbye of ``MQTTClient/stop()``, after which the broker forgets the ``will``. Of a client
    /// without subscriptions only.
    public var farewell: MQTTMessage?
    /// Topic filters, subscribed on each connection.
    public var subscriptions: [String]
    /// The quality of the ``subscriptions``. With 0 nothing has to be acknowledged, and what is lost is lost.
    public var subscriptionQuality = QualityOfService.atLeastOnce
    /// How many messages the broker may send before it needs an acknowledgement, 1 ... 8192. A batch has at most a
    /// quarter of it.
    public var receiveMaximum: Int
    /// Bytes of payload in either direction. A larger message that comes in is handed over without its payload.
    public var payloadLimit: Int
    /// How many messages may be on their way to the broker. A broker that allows fewer is heeded.
    public var window: Int
    public var version: MQTTVersion
    public var reconnect: ReconnectPolicy
    /// How long a broker may take to answer a connection and a subscription.
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

    /// Throws ``MQTTError/Code/invalidOptions`` with the first value that cannot be.
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

/// The protocol to speak.
public enum MQTTVersion: String, Sendable, Decodable {
    /// MQTT 5, and 3.1.1 from then on if the broker refuses it.
    case automatic = "auto"
    case v5 = "5"
    case v311 = "3.1.1"
}
