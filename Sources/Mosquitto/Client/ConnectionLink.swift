/// A connection, and how far it is set up.
struct ConnectionLink {
    let handle: ConnectionHandle
    let broker: BrokerAddress
    /// How long the client may be silent before the broker ends the connection.
    var keepAlive: Duration
    /// By when the broker must have answered CONNECT, and then SUBSCRIBE.
    var deadline: ContinuousClock.Instant?
    var connectedAt: ContinuousClock.Instant?
    var sessionPresent = false
    /// The packet id of the SUBSCRIBE that the broker has not answered.
    var subscription: UInt16?
    /// Whether messages can come in and go out.
    var isReady = false
    /// Whether the next try uses MQTT 3.1.1 and so need not wait.
    var isFallingBack = false
    /// When the last packet was written.
    var lastWrite: ContinuousClock.Instant
    /// Whether libmosquitto has written every packet that it began, so that a ping of the client may follow.
    var isBetweenPackets = false
    /// Why the connection has to end.
    var refusal: MQTTError?
}
