/// The state of the connection to the broker.
public enum MQTTConnectionState: Equatable, Sendable {
    case connecting
    /// Connected and subscribed, to this broker with this protocol. `sessionPresent` says whether the broker still had the session.
    case connected(to: BrokerAddress, version: MQTTVersion, sessionPresent: Bool)
    /// Not connected. The client tries again by itself.
    case disconnected(MQTTError)
    /// ``MQTTClient/stop()`` was called.
    case stopped

    public var isConnected: Bool { broker != nil }

    /// The broker to which the client is connected; `nil` if it is not connected.
    public var broker: BrokerAddress? {
        if case .connected(let broker, _, _) = self { broker } else { nil }
    }
}
