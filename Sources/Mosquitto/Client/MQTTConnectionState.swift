/// How the connection to the broker stands.
public enum MQTTConnectionState: Equatable, Sendable {
    case connecting
    /// Connected and subscribed, with this protocol; whether the broker still knew the session.
    case connected(version: MQTTVersion, sessionPresent: Bool)
    /// Not connected; the client tries again by itself.
    case disconnected(MQTTError)
    /// ``MQTTClient/stop()`` was called.
    case stopped

    public var isConnected: Bool {
        if case .connected = self { true } else { false }
    }
}
