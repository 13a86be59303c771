import NIOCore
import TallywireAccess
import TallywireCore

/// The server's messages other than events.
enum ServerMessage {
    /// The first message. The events after `seq` follow without being asked for.
    case welcome(epoch: String, seq: UInt64, connection: String, pingInterval: Duration)
    /// The client is in the room and gets the events after `seq`. `recovered` says to a client that gave a position whether it has
    /// missed nothing. For other clients `recovered` is left out.
    case joined(room: String, epoch: String, seq: UInt64, recovered: Bool?)
    /// The client is out of the room. `because` says why, if the client did not ask for it.
    case left(room: String, because: Reason? = nil)
    /// The client has the principal of its token, until the token expires.
    case authenticated(Principal)
    case untracked([FollowedRoom])
    case pong(ClientMessage.PingID?, seq: UInt64)
    /// The server will close the connection next. A client that comes back has to wait for this long first.
    case goingAway(comeBackAfter: Duration)
    case error(ClientError)

    /// Why the server ended something without being asked.
    enum Reason: String {
        case forbidden
    }

    /// The message's JSON in UTF-8.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.object { write(to: &$0) }
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        json.key("type")
        switch self {
        case .welcome(let epoch, let seq, let connection, let pingInterval):
            json.string("welcome")
            json.member("epoch", epoch)
            json.member("seq", seq)
            json.member("connection", connection)
            json.member("pingInterval", pingInterval.wholeMilliseconds)
        case .joined(let room, let epoch, let seq, let recovered):
            json.string("joined")
            json.member("room", room)
            json.member("epoch", epoch)
            json.member("seq", seq)
            json.member("recovered", recovered)
        case .left(let room, let reason):
            json.string("left")
            json.member("room", room)
            json.member("code", reason?.rawValue)
        case .authenticated(let principal): write(principal, to: &json)
        case .untracked(let items):
            json.string("untracked")
            json.array("products") { json in for case .product(let id) in items { json.integer(id) } }
            json.array("variants") { json in for case .variant(let id) in items { json.integer(id) } }
        case .pong(let id, let seq):
            json.string("pong")
            switch id {
            case .number(let number):
                json.member("id", number)
            case .text(let text):
                json.member("id", text)
            case nil: break
            }
            json.member("seq", seq)
        case .goingAway(let pause):
            json.string("going_away")
            json.member("comeBackAfter", pause.wholeMilliseconds)
        case .error(let error):
            json.string("error")
            json.member("code", error.code)
            json.member("message", error.message)
        }
    }
}

extension ServerMessage {
    private func write(_ principal: Principal, to json: inout JSONWriter) {
        json.string("authenticated")
        json.member("role", principal.role.rawValue)
        json.member("subject", principal.subject)
        json.member("device", principal.device)
        json.member("expiresAt", principal.validUntil?.description)
    }

    /// One page of a message with the values of variants, which are encoded already.
    enum Items {
        /// A room's values. `changedSince` says that they are only those that changed after that event. `room` is `nil` for a
        /// connection in no room.
        case snapshot(room: String?, seq: UInt64, changedSince: UInt64?)
        /// The values of the items that are tracked from now on. `answers` is how many `track` messages the values answer.
        case tracking(seq: UInt64, answers: Int)

        /// The whole frame: the message's beginning, the items, and the message's end.
        func frame(around items: [ByteBuffer], isLast: Bool) -> [ByteBuffer] {
            var json = JSONWriter(capacity: 128)
            json.object { json in
                json.key("type")
                switch self {
                case .snapshot(let room, let seq, let since):
                    json.string("snapshot")
                    json.key("room")
                    if let room { json.string(room) } else { json.null() }
                    json.member("seq", seq)
                    json.member("changedSince", since)
                case .tracking(let seq, let answers):
                    json.string("tracking")
                    json.member("seq", seq)
                    if answers > 1 {
                        json.member("answers", Int64(answers))
                    }
                }
                json.key("items")
                json.raw("[".utf8)
            }
            let head = json.bytes.dropLast()
            let end = isLast ? "],\"last\":true}" : "],\"last\":false}"
            let length = head.count + items.reduce(0) { $0 + $1.readableBytes } + end.utf8.count
            var first = ByteBuffer()
            first.reserveCapacity(head.count + 10)
            first.writeFrameHeader(.text, length: length)
            first.writeBytes(head)
            return [first] + items + [ByteBuffer(string: end)]
        }
    }
}
