import TallywireCore

/// What a client asks for in the query of its handshake: `?room=a&room=b&since=EPOCH:SEQ`, or `&snapshot=true`.
struct Greeting: Equatable {
    var rooms: [String] = []
    var since: JournalPosition?
    /// Whether the client wants the values of the rooms first.
    var snapshot = false
    /// What is wrong with the query. The client is told once the connection is open; the rest of the query counts all the same.
    var mistakes: [String] = []

    /// Reads the query of a request's target.
    init(target: String) {
        guard let mark = target.firstIndex(of: "?") else { return }
        var names: Set<String> = []
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            let value = parts.count == 2 ? Self.decoded(parts[1]) : ""
            if name != "room", !names.insert(name).inserted { note("\"\(name.excerpt)\" is there twice") }
            switch name {
            case "room": rooms.append(value)
            case "snapshot" where ["true", "false"].contains(value): snapshot = value == "true"
            case "snapshot": note("\"snapshot\" is true or false")
            case "since":
                since = JournalPosition(value)
                if since == nil { note("\"since\" is not EPOCH:SEQ") }
            default: note("there is no parameter \"\(name.excerpt)\": room, since and snapshot are known")
            }
        }
        if since != nil, rooms.isEmpty { note("\"since\" needs a \"room\"") }
    }

    private mutating func note(_ mistake: String) {
        // A few lines say enough.
        if mistakes.count < 4 { mistakes.append(mistake) }
    }

    /// Undoes the percent-encoding of a form; `+` is a space. A text that would take long to compare is replaced by one that names
    /// nothing.
    private static func decoded(_ text: Substring) -> String {
        func digit(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(digit), let low = rest.dropFirst().first.flatMap(digit) {
                rest = rest.dropFirst(2)
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return StreamSafeText.isKept(by: bytes) ? String(decoding: bytes, as: UTF8.self) : "\u{FFFD}"
    }
}
