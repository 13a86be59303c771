/// A connection and how far it has come.
struct ConnectionLink {
    let handle: ConnectionHandle
    /// When the broker must have answered to CONNECT, and then to SUBSCRIBE.
    var deadline: ContinuousClock.Instant?
    var connectedAt: ContinuousClock.Instant?
    var sessionPresent = false
    /// The packet id of the SUBSCRIBE that is not answered.
    var subscription: UInt16?
    /// Whether messages come in and can go out.
    var isReady = false
    /// Why the connection has to end.
    var refusal: MQTTError?
}
