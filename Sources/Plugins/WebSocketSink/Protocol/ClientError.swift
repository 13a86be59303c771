import TallywireAccess
import TallywireCore

/// What is wrong with a client's message: a stable code for programs and a sentence for people.
struct ClientError: Error, Equatable {
    let code: String
    let message: String

    init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    static let invalidJSON = ClientError("invalid_json", "the message is not JSON, or has a number in it that is too large")
    static let binary = ClientError("binary_message", "messages are text frames with one JSON object each")

    static func invalidMessage(_ what: String) -> ClientError { ClientError("invalid_message", what) }

    static func unknownType(_ type: String) -> ClientError {
        ClientError(
            "unknown_type", "\"\(type.excerpt)\" is no type of message; there are join, leave, track, untrack, auth and ping")
    }

    static func unknownRoom(_ room: String) -> ClientError {
        ClientError(
            "unknown_room", "there is no room \"\(room.excerpt)\"; rooms are those of plugins.json, and \(FollowedRoom.forms)")
    }

    static func tooManyRooms(_ limit: Int) -> ClientError {
        ClientError("too_many_rooms", "one connection is in at most \(limit) rooms; leave one first")
    }

    static func tooManyTracked(_ limit: Int) -> ClientError {
        ClientError("too_many_tracked", "one connection tracks at most \(limit) products and variants; untrack some first")
    }

    static func tooManyItems(_ limit: Int) -> ClientError {
        ClientError("too_many_items", "a snapshot has at most \(limit) variants, and there are more: page through GET /api/stock")
    }

    static let tokenNeeded = ClientError(
        "unauthenticated", "send {\"type\":\"auth\",\"token\":\"…\"} first: this server asks everybody for a token")

    static func unauthenticated(_ failure: AuthenticationFailure) -> ClientError { ClientError("unauthenticated", failure.message) }

    static func forbidden(room: String, role: Role?) -> ClientError {
        ClientError(
            "forbidden",
            "the room \"\(room)\" is for the role \"\(role?.rawValue ?? "")\": show a token of it")
    }

    static func rateLimited(_ rate: Rate) -> ClientError {
        ClientError("rate_limited", "this message was passed over: one connection may send \(rate.perSecond) a second")
    }

    static func unsupported(_ what: String) -> ClientError {
        ClientError("unsupported", "this server does not know \(what)")
    }
}
