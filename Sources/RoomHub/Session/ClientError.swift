import TallywireAccess
import TallywireCore
import TallywireProtocol

/// What is wrong with a client's message: a stable code for programs and a sentence for people.
package struct ClientError: Error, Equatable {
    package let code: ErrorCode
    package let message: String

    package init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    package static func unknownRoom(_ room: String) -> ClientError {
        ClientError(
            .unknownRoom, "there is no room \"\(room.excerpt)\"; rooms are those of plugins.json, and \(FollowedRoom.forms)")
    }

    package static func tooManyRooms(_ limit: Int) -> ClientError {
        ClientError(.tooManyRooms, "one connection is in at most \(limit) rooms; leave one first")
    }

    package static func tooManyTracked(_ limit: Int) -> ClientError {
        ClientError(.tooManyTracked, "one connection tracks at most \(limit) products and variants; untrack some first")
    }

    package static func tooManyItems(_ limit: Int) -> ClientError {
        ClientError(.tooManyItems, "a snapshot has at most \(limit) variants, and there are more: page through GET /api/stock")
    }

    package static let tokenNeeded = ClientError(
        .unauthenticated, "send {\"type\":\"auth\",\"token\":\"…\"} first: this server asks everybody for a token")

    package static func forbidden(room: String, role: Role?) -> ClientError {
        ClientError(
            .forbidden,
            "the room \"\(room)\" is for the role \"\(role?.rawValue ?? "")\": show a token of it")
    }

    package static func rateLimited(_ rate: Rate) -> ClientError {
        ClientError(.rateLimited, "this message was passed over: one connection may send \(rate.perSecond) a second")
    }
}
