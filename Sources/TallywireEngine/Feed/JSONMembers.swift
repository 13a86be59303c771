/// Iterates over the members of a JSON object that this server wrote itself, without decoding the values.
///
/// The bytes are an event's, written by `JSONWriter`: without white space, keys without escapes. A general decoder would build every
/// value for the few that are looked at, for each audience of each event.
package struct JSONMembers {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position: Int

    /// The members of the object that begins at `position`.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, objectAt position: Int) {
        self.bytes = bytes
        self.position = position + 1
    }

    /// The next member: where its key stands, without quotes, and where its value. `nil` at the end.
    package mutating func next() -> (key: Range<Int>, value: Range<Int>)? {
        if at(position) == UInt8(ascii: ",") { position += 1 }
        guard at(position) == UInt8(ascii: "\"") else { return nil }
        let keyStart = position + 1
        skipString()
        let key = keyStart..<position - 1
        guard at(position) == UInt8(ascii: ":") else { return nil }
        let valueStart = position + 1
        position = valueStart
        skipValue()
        return (key, valueStart..<position)
    }

    private func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipString() {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
    }

    private mutating func skipValue() {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
            case UInt8(ascii: ","): if depth == 0 { return }
            default: break
            }
            position += 1
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the value of the top-level member `data` begins in an event's JSON.
    package var dataObject: Int? { data?.lowerBound }

    /// Where the value of the top-level member `data` stands in an event's JSON.
    package var data: Range<Int>? {
        var members = JSONMembers(self, objectAt: 0)
        while let (key, value) = members.next() {
            if holds("data", at: key) { return value }
        }
        return nil
    }

    /// Whether the bytes in `range` are `text`.
    package func holds(_ text: StaticString, at range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= count else { return false }
        for offset in 0..<range.count where self[range.lowerBound + offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// The whole number in `range`.
    package func integer(at range: Range<Int>) -> Int64? {
        guard range.upperBound <= count else { return nil }
        return Int64(String(decoding: self[range], as: UTF8.self))
    }
}
