import CNats

/// Why a NATS server did not do what it was asked.
public struct NATSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The stable kind of an error.
    public enum Code: Equatable, Sendable {
        /// The settings cannot be used, such as a file of certificates that is missing.
        case settings
        /// There is no connection, or it was lost.
        case connection
        /// The server did not let us in, or not do what was asked.
        case forbidden
        /// The server did not answer in time.
        case timeout
        /// Nobody waits any more.
        case cancelled
        /// The server has no JetStream for us.
        case noJetStream
        /// There is no such stream.
        case noStream
        /// No stream takes the subject of a message.
        case noTaker
        /// The stream does not end with the message that was expected: somebody else published meanwhile, or an answer was lost.
        case outOfStep
        /// JetStream refused, with its number of the error
        /// (https://github.com/nats-io/nats-server/blob/v2.9.10/server/errors.json); 0 without one.
        case refused(Int)
    }

    public let code: Code
    /// What went wrong, for whoever runs the server. It has no password and no token.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension NATSError {
    /// The error of a call of the library: `status`, JetStream's number if there is one, and the library's text.
    init(_ status: natsStatus, jetStream number: jsErrCode = jsErrCode(0), _ text: String) {
        let code: Code =
            switch (status, number) {
            case (_, JSNotEnabledErr), (_, JSNotEnabledForAccountErr): .noJetStream
            case (_, JSStreamNotFoundErr): .noStream
            case (_, JSStreamWrongLastMsgIDErr), (_, JSStreamWrongLastSequenceErr): .outOfStep
            case (NATS_NO_RESPONDERS, _): .noTaker
            case (NATS_TIMEOUT, _): .timeout
            case (NATS_CONNECTION_AUTH_FAILED, _), (NATS_NOT_PERMITTED, _): .forbidden
            case (NATS_INVALID_ARG, _), (NATS_SSL_ERROR, _): .settings
            case (NATS_ERR, _) where number.rawValue > 0: .refused(Int(number.rawValue))
            default: .connection
            }
        self.init(code, text)
    }
}
