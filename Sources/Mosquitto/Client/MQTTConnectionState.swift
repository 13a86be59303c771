/// How the connection to the broker stands.
public enum MQTTConnectionState: Equatable, Sendable {
    case connecting
    /// Connected and subscribed, to this broker with this protocol; whether the broker still knew the session.
    case connected(to: BrokerAddress, version: MQTTVersion, sessionPresent: Bool)
    /// Not connected; the client tries again by itself.
    case disconnected(MQTTError)
    /// ``MQTTClient/stop()`` was called.
    case stopped

    public var isConnected: Bool { broker != nil }

    /// The broker that the client is connected to.
    public var broker: BrokerAddress? {
        if case .connected(let broker, _, _) = self { broker } else { nil }
    }
}
