/// A message of the server, looked into without decoding all of it: a stress run has too many for that in a debug build.
///
/// It rests on the server's way of writing JSON: no spaces, and the message's own members before those of `data`.
struct ServerText: Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    var type: String { text("type") ?? "" }

    func text(_ key: String) -> String? {
        value(key).flatMap { $0.first == "\"" ? String($0.dropFirst().prefix { $0 != "\"" }) : nil }
    }

    func number(_ key: String) -> UInt64? {
        value(key).flatMap { UInt64($0.prefix { ("0"..."9").contains($0) }) }
    }

    func flag(_ key: String) -> Bool? {
        value(key).flatMap { $0.hasPrefix("true") ? true : $0.hasPrefix("false") ? false : nil }
    }

    /// The items of a snapshot.
    var items: [ServerText] {
        guard let list = value("items") else { return [] }
        return list.dropFirst().prefix { $0 != "]" }.split(separator: "{").map { ServerText("{" + $0) }
    }

    private func value(_ key: String) -> Substring? {
        text.firstRange(of: "\"\(key)\":").map { text[$0.upperBound...] }
    }
}
