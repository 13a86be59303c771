import TallywireCore
import TallywirePipeline

/// What the server says beside events.
enum ServerMessage {
    /// The first message. Events after `seq` follow by themselves.
    case welcome(epoch: String, seq: UInt64, connection: String, pingInterval: Duration)
    /// The client is in the room and gets what comes after `seq`. `recovered` answers a client that said where it was: whether
    /// it has missed nothing. It is left out for one that did not.
    case joined(room: String, epoch: String, seq: UInt64, recovered: Bool?)
    /// The client is out of the room; `because` says why, if it did not ask for it.
    case left(room: String, because: Reason? = nil)
    /// The client is whom its token names, until the token expires.
    case authenticated(Principal)
    case pong(ClientMessage.PingID?, seq: UInt64)
    case error(ClientError)

    /// Why something ended by itself.
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
            json.key("epoch")
            json.string(epoch)
            json.key("seq")
            json.integer(seq)
            json.key("connection")
            json.string(connection)
            json.key("pingInterval")
            json.integer(pingInterval.milliseconds)
        case .joined(let room, let epoch, let seq, let recovered):
            json.string("joined")
            json.key("room")
            json.string(room)
            json.key("epoch")
            json.string(epoch)
            json.key("seq")
            json.integer(seq)
            if let recovered {
                json.key("recovered")
                json.bool(recovered)
            }
        case .left(let room, let reason):
            json.string("left")
            json.key("room")
            json.string(room)
            if let reason {
                json.key("code")
                json.string(reason.rawValue)
            }
        case .authenticated(let principal):
            json.string("authenticated")
            json.key("role")
            json.string(principal.role.rawValue)
            json.key("subject")
            json.string(principal.subject)
            if let device = principal.device {
                json.key("device")
                json.string(device)
            }
            if let validUntil = principal.validUntil {
                json.key("expiresAt")
                json.string(validUntil.description)
            }
        case .pong(let id, let seq):
            json.string("pong")
            switch id {
            case .number(let number):
                json.key("id")
                json.integer(number)
            case .text(let text):
                json.key("id")
                json.string(text)
            case nil: break
            }
            json.key("seq")
            json.integer(seq)
        case .error(let error):
            json.string("error")
            json.key("code")
            json.string(error.code)
            json.key("message")
            json.string(error.message)
        }
    }
}

extension Duration {
    /// Whole milliseconds, as times are given on the wire.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
