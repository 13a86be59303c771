import TallywireCore

/// What the server of the rooms says other than events and pages of values.
package enum ServerMessage: Equatable, Sendable {
    case welcome(Welcome)
    /// The client is in the room and gets the events after `seq`. `recovered` says to a client that gave a position whether it has
    /// missed nothing. For other clients `recovered` is left out.
    case joined(room: String, epoch: String, seq: UInt64, recovered: Bool?)
    /// The client is out of the room. `because` says why, if the client did not ask for it.
    case left(room: String, because: String? = nil)
    case authenticated(Authenticated)
    case untracked(ClientMessage.Items)
    /// Everything up to `seq` was sent to this connection.
    case pong(ClientMessage.PingID?, seq: UInt64)
    /// The server closes the connection next. A client that comes back has to wait for this long first.
    case goingAway(comeBackAfter: Duration)
    /// `code` is one of ``ErrorCode``, or one that this version does not know.
    case error(code: String, message: String)

    /// The first message. The events after `seq` follow without being asked for.
    package struct Welcome: Equatable, Sendable {
        package var epoch: String
        package var seq: UInt64
        /// Where the journal was when it got its epoch; `nil` if it has the epoch with which it was created.
        package var previous: JournalPosition?
        package var connection: String
        package var pingInterval: Duration
        /// The most bytes of a message that the server takes; a longer one ends the connection with 1009.
        package var messageBytes: Int
        /// The name of the node of a cluster that the server is; `nil` for a server by itself.
        package var node: String?

        package init(
            epoch: String, seq: UInt64, previous: JournalPosition? = nil, connection: String, pingInterval: Duration,
            messageBytes: Int, node: String? = nil
        ) {
            self.epoch = epoch
            self.seq = seq
            self.previous = previous
            self.connection = connection
            self.pingInterval = pingInterval
            self.messageBytes = messageBytes
            self.node = node
        }

        /// The limit of a server that names none in its `welcome`.
        package static let usualMessageBytes = 65_536
    }

    /// The client has the rights of its token until `validUntil`; `nil` for ever.
    package struct Authenticated: Equatable, Sendable {
        package var role: String
        package var subject: String
        package var device: String?
        package var validUntil: Timestamp?

        package init(role: String, subject: String, device: String?, validUntil: Timestamp?) {
            self.role = role
            self.subject = subject
            self.device = device
            self.validUntil = validUntil
        }
    }
}

/// The codes of the server's `error` messages.
package enum ErrorCode: String, CaseIterable, Sendable {
    case invalidJSON = "invalid_json"
    case invalidMessage = "invalid_message"
    case unknownType = "unknown_type"
    case unknownRoom = "unknown_room"
    case tooManyRooms = "too_many_rooms"
    case tooManyTracked = "too_many_tracked"
    case tooManyItems = "too_many_items"
    case unauthenticated
    case forbidden
    case rateLimited = "rate_limited"
    case binaryMessage = "binary_message"
}

/// The codes with which the server closes a connection beside those of RFC 6455.
package enum ClosingCode: UInt16, Sendable {
    /// The token expired, was revoked, or did not come in time. The client may come back with another token.
    case tokenExpired = 4001
    /// The client's token does not allow what it asked for.
    case forbidden = 4003
    /// The client reads more slowly than events come.
    case tooSlow = 4008
}

/// The subprotocols of the handshake (RFC 6455, section 1.9).
package enum Subprotocol {
    /// The subprotocol of the rooms.
    package static let rooms = "tallywire"
    /// What a token follows. A browser's page cannot set other headers of the handshake.
    package static let bearerPrefix = "bearer."
}

// MARK: Writing

extension ServerMessage {
    /// The message's JSON in UTF-8.
    package var json: [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.object { write(to: &$0) }
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        json.key("type")
        switch self {
        case .welcome(let welcome):
            json.string("welcome")
            json.member("epoch", welcome.epoch)
            json.member("seq", welcome.seq)
            json.member("previous", welcome.previous)
            json.member("connection", welcome.connection)
            json.member("pingInterval", welcome.pingInterval.wholeMilliseconds)
            json.member("messageBytes", Int64(welcome.messageBytes))
            json.member("node", welcome.node)
        case .joined(let room, let epoch, let seq, let recovered):
            json.string("joined")
            json.member("room", room)
            json.member("epoch", epoch)
            json.member("seq", seq)
            json.member("recovered", recovered)
        case .left(let room, let reason):
            json.string("left")
            json.member("room", room)
            json.member("code", reason)
        case .authenticated(let authenticated):
            json.string("authenticated")
            json.member("role", authenticated.role)
            json.member("subject", authenticated.subject)
            json.member("device", authenticated.device)
            json.member("expiresAt", authenticated.validUntil?.description)
        case .untracked(let items):
            json.string("untracked")
            json.members(items)
        case .pong(let id, let seq):
            json.string("pong")
            json.member("id", id)
            json.member("seq", seq)
        case .goingAway(let pause):
            json.string("going_away")
            json.member("comeBackAfter", pause.wholeMilliseconds)
        case .error(let code, let message):
            json.string("error")
            json.member("code", code)
            json.member("message", message)
        }
    }
}
