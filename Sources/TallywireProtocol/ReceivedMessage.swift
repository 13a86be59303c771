import TallywireCore

/// A text message of the server as a client reads it.
package enum ReceivedMessage: Equatable, Sendable {
    case message(ServerMessage)
    case page(ItemsPage, items: [JSONValue], isLast: Bool)
    /// An event, even of a type that this version does not know. The value is the whole message.
    case event(type: String, JSONValue)
    /// A message that this version does not know.
    case other

    /// A member that a message must have is missing, or has another type.
    package struct Mistake: Error, Equatable {
        package let member: String
    }

    /// Reads a message. Throws ``JSONReader/Mistake`` for a text that is not JSON, or ``Mistake``.
    package init(_ utf8: [UInt8]) throws {
        let value = try JSONReader.value(of: utf8)
        let type = try value.text("type")
        switch type {
        case "welcome":
            self = .message(
                .welcome(
                    ServerMessage.Welcome(
                        epoch: try value.text("epoch"), seq: try value.seq,
                        previous: try value["previous"].map { JournalPosition(epoch: try $0.text("epoch"), seq: try $0.seq) },
                        connection: value["connection"]?.string ?? "",
                        pingInterval: try value.milliseconds("pingInterval"),
                        messageBytes: value["messageBytes"]?.integer.flatMap(Int.init(exactly:))
                            ?? ServerMessage.Welcome.usualMessageBytes,
                        node: value["node"]?.string)))
        case "joined":
            let (room, seq) = (try value.text("room"), try value.seq)
            self = .message(.joined(room: room, epoch: value["epoch"]?.string ?? "", seq: seq, recovered: value.flag("recovered")))
        case "left": self = .message(.left(room: try value.text("room"), because: value["code"]?.string))
        case "authenticated":
            self = .message(
                .authenticated(
                    ServerMessage.Authenticated(
                        role: value["role"]?.string ?? "", subject: value["subject"]?.string ?? "", device: value["device"]?.string,
                        validUntil: value["expiresAt"]?.string.flatMap { Timestamp($0) })))
        case "untracked":
            self = .message(
                .untracked(
                    ClientMessage.Items(
                        products: value.ids("products").map { ProductID($0) }, variants: value.ids("variants").map { VariantID($0) }
                    )))
        case "snapshot", "tracking": self = try Self.page(type, value)
        case "pong": self = .message(.pong(value.pingID, seq: try value.seq))
        case "going_away": self = .message(.goingAway(comeBackAfter: try value.milliseconds("comeBackAfter")))
        case "error": self = .message(.error(code: try value.text("code"), message: value["message"]?.string ?? ""))
        default: self = value["seq"]?.integer != nil && value["data"] != nil ? .event(type: type, value) : .other
        }
    }

    private static func page(_ type: String, _ value: JSONValue) throws(Mistake) -> ReceivedMessage {
        let seq = try value.seq
        let page: ItemsPage =
            type == "snapshot"
            ? .snapshot(
                room: value["room"]?.string, seq: seq, changedSince: value["changedSince"]?.integer.flatMap(UInt64.init(exactly:)))
            : .tracking(seq: seq, answers: max(1, value["answers"]?.integer.flatMap(Int.init(exactly:)) ?? 1))
        return .page(page, items: value["items"]?.array ?? [], isLast: value.flag("last") ?? false)
    }
}

extension JSONValue {
    fileprivate func text(_ name: String) throws(ReceivedMessage.Mistake) -> String {
        guard let text = self[name]?.string else { throw ReceivedMessage.Mistake(member: name) }
        return text
    }

    fileprivate func flag(_ name: String) -> Bool? {
        if case .bool(let flag)? = self[name] { flag } else { nil }
    }

    fileprivate var seq: UInt64 {
        get throws(ReceivedMessage.Mistake) {
            guard let seq = self["seq"]?.integer.flatMap(UInt64.init(exactly:)) else {
                throw ReceivedMessage.Mistake(member: "seq")
            }
            return seq
        }
    }

    fileprivate func milliseconds(_ name: String) throws(ReceivedMessage.Mistake) -> Duration {
        guard let number = self[name]?.integer else { throw ReceivedMessage.Mistake(member: name) }
        return .milliseconds(number)
    }

    fileprivate func ids(_ name: String) -> [Int64] { (self[name]?.array ?? []).compactMap(\.integer) }

    fileprivate var pingID: ClientMessage.PingID? {
        self["id"]?.integer.map { .number($0) } ?? self["id"]?.string.map { .text($0) }
    }
}
