/// What went wrong between us and a broker: which broker, what, and what somebody can do about it.
public struct MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    /// A sentence for people, with the broker's address and without secrets.
    public let message: String

    public enum Code: String, Sendable {
        /// An option that cannot be; nothing was tried.
        case invalidOptions = "invalid_options"
        /// Nobody answers at the address.
        case unreachable
        /// The broker answered and refused: login, client id, subscription.
        case refused
        /// There is no connection now. Nothing was sent.
        case notConnected = "not_connected"
        /// The connection ended before everything was acknowledged. What was sent may have arrived.
        case connectionLost = "connection_lost"
        /// Too many publications wait already.
        case overloaded
        /// The client was stopped.
        case stopped
        /// libmosquitto refused or lacks something that this client depends on.
        case library
    }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
