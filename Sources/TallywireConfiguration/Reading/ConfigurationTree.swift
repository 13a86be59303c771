import TallywireCore

/// Reads JSON with comments into values that know their positions.
package struct ConfigurationTree {
    /// The most characters in a key.
    static let keyLength = 256
    /// The deepest nesting of objects and lists.
    static let depth = 64

    private let bytes: [UInt8]
    /// Where the keys and values that are still to come begin.
    private var places: ArraySlice<Int>
    private var position = TextPosition()
    private var repeatedKeys: [SyntaxError] = []

    /// Returns the values of `text`, and the keys that are repeated in it. Of a repeated key, the first value counts. Throws the
    /// first mistake because of which the text is not JSON.
    package static func read(_ text: String) throws(SyntaxError) -> (value: ConfigurationValue, repeatedKeys: [SyntaxError]) {
        // A byte order mark does not count as a character of the first line.
        let bytes = Array(text.utf8.dropFirst(text.unicodeScalars.first == "\u{FEFF}" ? 3 : 0))
        do {
            let (value, places) = try JSONReader.document(of: bytes, depth: depth, nameLength: keyLength)
            var tree = ConfigurationTree(bytes: bytes, places: places[...])
            return (tree.value(value), tree.repeatedKeys)
        } catch {
            throw SyntaxError(error, in: bytes)
        }
    }

    private mutating func value(_ json: JSONValue) -> ConfigurationValue {
        let origin = nextOrigin()
        let content: ConfigurationValue.Content =
            switch json {
            case .null: .null
            case .bool(let flag): .bool(flag)
            // An integer beyond 64 bits is a number.
            case .number(let text): Int(text).map { .integer($0) } ?? .number(Double(text) ?? .infinity)
            case .string(let text): .string(text)
            case .array(let items): .list(items.map { value($0) })
            case .object(let members): .object(self.members(members))
            }
        return ConfigurationValue(content, origin: origin)
    }

    private mutating func members(_ members: [JSONValue.Member]) -> [ConfigurationValue.Member] {
        var keys: [String: (place: Int, position: TextPosition)] = [:]
        return members.compactMap { member in
            let place = places.first ?? 0
            let origin = nextOrigin()
            let earlier = keys.updateValue((place, position), forKey: member.name)
            if let earlier { note(place, repeats: earlier.place, at: earlier.position, member.name) }
            let value = value(member.value)
            return earlier == nil ? ConfigurationValue.Member(member.name, keyOrigin: origin, value) : nil
        }
    }

    private mutating func nextOrigin() -> ConfigurationValue.Origin {
        if let place = places.popFirst() { position.move(to: place, in: bytes) }
        return .file(line: position.line, column: position.column)
    }

    /// Notes that the key at `place` is the one at `earlier`. A key that is written in two ways is reported where it is first.
    private mutating func note(_ place: Int, repeats earlier: Int, at first: TextPosition, _ name: String) {
        let text = written(at: place)
        repeatedKeys.append(
            text == written(at: earlier)
                ? SyntaxError(
                    position: position, message: "the key “\(text)” is repeated; it stands at line \(first.line) already")
                : SyntaxError(position: first, message: "the key “\(name)” is repeated"))
    }

    /// The key that begins at `place`, as it is written.
    private func written(at place: Int) -> String {
        var end = place + 1
        while bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
        return String(decoding: bytes[(place + 1)..<end], as: UTF8.self)
    }
}
