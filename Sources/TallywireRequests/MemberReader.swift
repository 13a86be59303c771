import GS1
import TallywireCore

/// The name of a member of a JSON object.
package struct MemberName: CodingKey, ExpressibleByStringLiteral {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(stringLiteral value: String) { self.stringValue = value }
    package init?(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}

/// Reads the members of one JSON object, and says exactly what is wrong with one.
///
/// The reader checks only the shape: types, names, and required members. Core checks ranges and lengths. `null` counts as absent.
package struct MemberReader {
    private let container: KeyedDecodingContainer<MemberName>

    /// Opens the object, which may have only these members.
    package init(_ decoder: any Decoder, members: [String]) throws {
        do {
            container = try decoder.container(keyedBy: MemberName.self)
        } catch is DecodingError {
            throw BodyError(decoder.codingPath, "a JSON object is expected here")
        }
        for key in container.allKeys where !members.contains(key.stringValue) {
            let hint = Suggestion.hint(for: key.stringValue, among: members)
            throw BodyError(
                decoder.codingPath + [key],
                hint.isEmpty
                    ? "“\(key.stringValue.excerpt)” is not known here; known are \(members.joined(separator: ", "))"
                    : "“\(key.stringValue.excerpt)” is not known here\(hint)")
        }
    }

    /// Refuses `null` for members for which it means nothing: in a change `null` would silently leave them as they are.
    package func refuseNull(_ names: [MemberName]) throws {
        for name in names where container.contains(name) {
            guard try container.decodeNil(forKey: name) else { continue }
            throw error(at: name, "null is no value for “\(name.stringValue)”: leave it out to keep what there is")
        }
    }

    /// Whether the member is there, also as `null`.
    package func contains(_ name: MemberName) -> Bool { container.contains(name) }

    package func text(_ name: MemberName) throws -> String? {
        try value(String.self, name, "text is expected")
    }

    package func integer(_ name: MemberName) throws -> Int64? {
        try value(Int64.self, name, "a whole number is expected")
    }

    package func flag(_ name: MemberName) throws -> Bool? {
        try value(Bool.self, name, "true or false is expected")
    }

    package func price(_ name: MemberName) throws -> Price? {
        try value(Price.self, name, "a price is a number from 0 to 99999999999.99 with at most two decimals")
    }

    package func timestamp(_ name: MemberName) throws -> Timestamp? {
        try value(Timestamp.self, name, "a time is RFC 3339 with a zone, such as 2026-11-22T16:40:00.123Z")
    }

    package func date(_ name: MemberName) throws -> CalendarDate? {
        try value(CalendarDate.self, name, "a date is written like 2026-11-22")
    }

    /// Returns one of the words of an enumeration, or of some of them.
    package func word<Word: RawRepresentable & CaseIterable>(_ name: MemberName, _ type: Word.Type, among some: [Word]? = nil)
        throws
        -> Word?
    where Word.RawValue == String {
        let words = some?.map(\.rawValue) ?? Word.allCases.map(\.rawValue)
        let expected = "one of \(words.joined(separator: ", ")) is expected"
        guard let text = try value(String.self, name, expected) else { return nil }
        guard words.contains(text), let word = Word(rawValue: text) else {
            let hint = Suggestion.hint(for: text, among: words)
            throw error(at: name, "“\(text.excerpt)” is not known, \(expected)\(hint)")
        }
        return word
    }

    /// Returns a member of a type that reads itself and reports its own mistakes, such as a line.
    package func nested<Value: Decodable>(_ name: MemberName, _ type: Value.Type) throws -> Value? {
        try container.decodeIfPresent(type, forKey: name)
    }

    /// Returns a list of such members. A list of more than `limit` is refused before it is read.
    package func list<Element: Decodable>(_ name: MemberName, of type: Element.Type, limit: Int, what: String) throws -> [Element]?
    {
        guard container.contains(name), try !container.decodeNil(forKey: name) else { return nil }
        var elements: any UnkeyedDecodingContainer
        do {
            elements = try container.nestedUnkeyedContainer(forKey: name)
        } catch is DecodingError {
            throw error(at: name, "a list of \(what) is expected")
        }
        if let count = elements.count, count > limit {
            throw error(at: name, "at most \(limit) \(what) are possible, not \(count)")
        }
        var result: [Element] = []
        result.reserveCapacity(min(elements.count ?? 0, limit))
        while !elements.isAtEnd { result.append(try elements.decode(Element.self)) }
        return result
    }

    /// Returns the value, or throws that it is missing.
    package func required<Value>(_ value: Value?, _ name: MemberName) throws -> Value {
        guard let value else { throw error(at: name, "“\(name.stringValue)” is missing") }
        return value
    }

    package func error(at name: MemberName, _ message: String) -> BodyError {
        BodyError(container.codingPath + [name], message)
    }

    private func value<Value: Decodable>(_ type: Value.Type, _ name: MemberName, _ expected: String) throws -> Value? {
        do {
            return try container.decodeIfPresent(type, forKey: name)
        } catch {
            // Not only `DecodingError`: a number that does not fit is an internal error of Foundation's at this level.
            throw self.error(at: name, expected)
        }
    }
}
