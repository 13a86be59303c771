import TallywireCore

/// What a client asks for in the query of its handshake: `?room=a&room=b&since=EPOCH:SEQ`, or `&snapshot=true`.
struct Greeting: Equatable {
    var rooms: [String] = []
    var since: ClientMessage.Position?
    /// Whether the values of the rooms are wanted first.
    var snapshot = false
    /// Whether there was a `since` that cannot be read.
    var hasBrokenSince = false

    /// Reads the query of a request's target. Parameters that mean nothing here are passed over.
    init(target: String) {
        guard let mark = target.firstIndex(of: "?") else { return }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let value = Self.decoded(parts[1])
            switch parts[0] {
            case "room": rooms.append(value)
            case "snapshot": snapshot = value == "true"
            case "since":
                since = ClientMessage.Position(value)
                hasBrokenSince = since == nil
            default: break
            }
        }
    }

    /// Undoes the percent-encoding of a form; `+` is a space. A text that would take long to compare is made one that names nothing.
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
