/// A connection and how far it has come.
struct ConnectionLink {
    let handle: ConnectionHandle
    let broker: BrokerAddress
    /// How long the broker lets us be silent.
    var keepAlive: Duration
    /// When the broker must have answered to CONNECT, and then to SUBSCRIBE.
    var deadline: ContinuousClock.Instant?
    var connectedAt: ContinuousClock.Instant?
    var sessionPresent = false
    /// The packet id of the SUBSCRIBE that is not answered.
    var subscription: UInt16?
    /// Whether messages come in and can go out.
    var isReady = false
    /// Whether the next try speaks 3.1.1, so that it need not wait.
    var isFallingBack = false
    /// When something was written last.
    var lastWrite: ContinuousClock.Instant
    /// Whether all that libmosquitto began to write has been written, so that a packet of ours may follow.
    var isBetweenPackets = false
    /// Why the connection has to end.
    var refusal: MQTTError?
}
