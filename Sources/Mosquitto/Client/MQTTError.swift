/// A failure between the client and a broker: which broker, what failed, and what somebody can do about it.
public struct MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    /// A sentence for people, with the broker's address and without secrets.
    public let message: String

    public enum Code: String, Sendable {
        /// An option is not valid; nothing was tried.
        case invalidOptions = "invalid_options"
        /// The broker's name cannot be resolved.
        case unknownHost = "unknown_host"
        /// No broker accepts connections at the address.
        case unreachable
        /// TLS failed: a file, a certificate, a name.
        case tls
        /// The broker refused the user, the password or the certificate.
        case login
        /// The broker refused a subscription.
        case forbidden
        /// The broker answered and refused for another reason: client id, protocol, quota.
        case refused
        /// Another client connected with the same client id, so the broker ended this connection.
        case takenOver = "taken_over"
        /// There is no connection now. Nothing was sent.
        case notConnected = "not_connected"
        /// The connection ended before everything was acknowledged. Messages that were sent may have arrived.
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
