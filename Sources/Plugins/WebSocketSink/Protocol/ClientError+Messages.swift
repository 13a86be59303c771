import RoomHub
import TallywireAccess
import TallywireCore
import TallywireProtocol

extension ClientError {
    static let invalidJSON = ClientError(.invalidJSON, "the message is not JSON")
    static let binary = ClientError(.binaryMessage, "messages are text frames with one JSON object each")

    static func invalidMessage(_ what: String) -> ClientError { ClientError(.invalidMessage, what) }

    static func unknownType(_ type: String) -> ClientError {
        ClientError(
            .unknownType, "\"\(type.excerpt)\" is no type of message; there are join, leave, track, untrack, auth and ping")
    }

    static func unauthenticated(_ failure: AuthenticationFailure) -> ClientError { ClientError(.unauthenticated, failure.message) }
}

extension ClientError {
    /// Why a client's message cannot be read.
    init(_ mistake: ClientMessage.Mistake) {
        self =
            switch mistake {
            case .notJSON: .invalidJSON
            case .invalid(let what): .invalidMessage(what)
            case .unknownType(let type): .unknownType(type)
            }
    }
}
