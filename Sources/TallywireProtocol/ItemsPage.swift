import TallywireCore

/// What a page of values says beside its items. The values of a room, or of what a client tracks, come in one or more pages.
package enum ItemsPage: Equatable, Sendable {
    /// A room's values. `changedSince` says that they are only those that changed after that event. `room` is `nil` for a
    /// connection in no room.
    case snapshot(room: String?, seq: UInt64, changedSince: UInt64?)
    /// The values of the items that are tracked from now on. `answers` is how many `track` messages the values answer.
    case tracking(seq: UInt64, answers: Int)

    /// The event up to which the values are those of the journal.
    package var seq: UInt64 {
        switch self {
        case .snapshot(_, let seq, _), .tracking(let seq, _): seq
        }
    }

    /// The message's JSON up to its items, which follow as they are encoded, with commas between them.
    package var opening: [UInt8] {
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
                if answers > 1 { json.member("answers", Int64(answers)) }
            }
            json.key("items")
            json.raw("[".utf8)
        }
        return json.bytes.dropLast()
    }

    /// The message's JSON after its items.
    package static func closing(isLast: Bool) -> String { isLast ? "],\"last\":true}" : "],\"last\":false}" }
}
