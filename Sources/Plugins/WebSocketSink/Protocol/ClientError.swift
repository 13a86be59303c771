import TallywireAccess
import TallywireCore
import TallywireProtocol

/// What is wrong with a client's message: a stable code for programs and a sentence for people.
struct ClientError: Error, Equatable {
    let code: ErrorCode
    let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    static let invalidJSON = ClientError(.invalidJSON, "the message is not JSON")
    static let binary = ClientError(.binaryMessage, "messages are text frames with one JSON object each")

    static func invalidMessage(_ what: String) -> ClientError { ClientError(.invalidMessage, what) }

    static func unknownType(_ type: String) -> ClientError {
        ClientError(
            .unknownType, "\"\(type.excerpt)\" is no type of message; there are join, leave, track, untrack, auth and ping")
    }

    static func unknownRoom(_ room: String) -> ClientError {
        ClientError(
            .unknownRoom, "there is no room \"\(room.excerpt)\"; rooms are those of plugins.json, and \(FollowedRoom.forms)")
    }

    static func tooManyRooms(_ limit: Int) -> ClientError {
        ClientError(.tooManyRooms, "one connection is in at most \(limit) rooms; leave one first")
    }

    static func tooManyTracked(_ limit: Int) -> ClientError {
        ClientError(.tooManyTracked, "one connection tracks at most \(limit) products and variants; untrack some first")
    }

    static func tooManyItems(_ limit: Int) -> ClientError {
        ClientError(.tooManyItems, "a snapshot has at most \(limit) variants, and there are more: page through GET /api/stock")
    }

    static let tokenNeeded = ClientError(
        .unauthenticated, "send {\"type\":\"auth\",\"token\":\"…\"} first: this server asks everybody for a token")

    static func unauthenticated(_ failure: AuthenticationFailure) -> ClientError { ClientError(.unauthenticated, failure.message) }

    static func forbidden(room: String, role: Role?) -> ClientError {
        ClientError(
            .forbidden,
            "the room \"\(room)\" is for the role \"\(role?.rawValue ?? "")\": show a token of it")
    }

    static func rateLimited(_ rate: Rate) -> ClientError {
        ClientError(.rateLimited, "this message was passed over: one connection may send \(rate.perSecond) a second")
    }
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
