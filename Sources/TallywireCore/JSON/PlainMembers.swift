import GS1

/// The members of a JSON object of plain values, found without building them: strings without escapes, numbers without exponents,
/// `true`, `false` and `null`, and no white space, as ``JSONWriter`` writes most objects.
struct PlainMembers {
    /// The object is not so plain, or does not have what is asked for. A general decoder reads it, or says what is wrong.
    struct Unsuitable: Error {}

    private struct Member {
        let name: Range<Int>
        let value: Range<Int>
    }

    private let text: [UInt8]
    private var members: [Member] = []

    /// The object that begins at `index` of `text`, which is valid UTF-8. Afterwards `index` is behind it.
    init(_ text: [UInt8], at index: inout Int) throws(Unsuitable) {
        self.text = text
        members.reserveCapacity(40)
        try take("{", at: &index)
        while true {
            let name = try string(at: &index)
            try take(":", at: &index)
            let start = index
            try skipValue(at: &index)
            members.append(Member(name: name, value: start..<index))
            if index < text.count, text[index] == UInt8(ascii: "}") { break }
            try take(",", at: &index)
        }
        index += 1
    }

    /// The text of the member `name`; `nil` if it is missing or `null`.
    func value(_ name: String) throws(Unsuitable) -> ArraySlice<UInt8>? {
        var found: Range<Int>?
        let count = name.utf8.count
        for member in members where member.name.count == count && text[member.name].elementsEqual(name.utf8) {
            // Which of two counts is for the decoder to say.
            guard found == nil else { throw Unsuitable() }
            found = member.value
        }
        guard let found, text[found.lowerBound] != UInt8(ascii: "n") else { return nil }
        return text[found]
    }

    // MARK: Reading

    private func take(_ byte: Unicode.Scalar, at index: inout Int) throws(Unsuitable) {
        guard index < text.count, text[index] == UInt8(ascii: byte) else { throw Unsuitable() }
        index += 1
    }

    /// Where the content of a string stands.
    private func string(at index: inout Int) throws(Unsuitable) -> Range<Int> {
        try take("\"", at: &index)
        let start = index
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            guard text[index] >= 0x20, text[index] != UInt8(ascii: "\\") else { throw Unsuitable() }
            index += 1
        }
        try take("\"", at: &index)
        return start..<index - 1
    }

    private func skipValue(at index: inout Int) throws(Unsuitable) {
        guard index < text.count else { throw Unsuitable() }
        switch text[index] {
        case UInt8(ascii: "\""): _ = try string(at: &index)
        case UInt8(ascii: "t"): try word("true", at: &index)
        case UInt8(ascii: "f"): try word("false", at: &index)
        case UInt8(ascii: "n"): try word("null", at: &index)
        default: try number(at: &index)
        }
    }

    private func word(_ word: String, at index: inout Int) throws(Unsuitable) {
        guard text[index...].starts(with: word.utf8) else { throw Unsuitable() }
        index += word.utf8.count
    }

    private func number(at index: inout Int) throws(Unsuitable) {
        if text[index] == UInt8(ascii: "-") { index += 1 }
        let start = index
        let whole = digits(at: &index)
        guard whole == 1 || whole > 1 && text[start] != UInt8(ascii: "0") else { throw Unsuitable() }
        guard index < text.count, text[index] == UInt8(ascii: ".") else { return }
        index += 1
        guard digits(at: &index) > 0 else { throw Unsuitable() }
    }

    private func digits(at index: inout Int) -> Int {
        let start = index
        while index < text.count, (48...57).contains(text[index]) { index += 1 }
        return index - start
    }
}

/// A value that is read from the text of a member; see ``PlainMembers``.
protocol PlainValue {
    /// `nil` if the text is another kind of value, or one that a general decoder has to judge.
    init?(plain text: ArraySlice<UInt8>)
}

extension Int64: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        // One digit less than the largest has, so that nothing overflows.
        guard (1...18).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
        }
        self = digits.count == text.count ? value : -value
    }
}

extension UInt64: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        guard let value = Int64(plain: text), value >= 0, text.first != UInt8(ascii: "-") else { return nil }
        self = UInt64(value)
    }
}

extension Bool: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        switch text.first {
        case UInt8(ascii: "t"): self = true
        case UInt8(ascii: "f"): self = false
        default: return nil
        }
    }
}

extension String: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        guard text.first == UInt8(ascii: "\""), text.count >= 2 else { return nil }
        self = String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
    }
}

extension Price: PlainValue {
    init?(plain text: ArraySlice<UInt8>) { self.init(String(decoding: text, as: UTF8.self)) }
}

extension Timestamp: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        guard let text = String(plain: text) else { return nil }
        self.init(text)
    }
}

extension CalendarDate: PlainValue {
    init?(plain text: ArraySlice<UInt8>) {
        guard let text = String(plain: text) else { return nil }
        self.init(text)
    }
}

extension PlainValue where Self: RawRepresentable, RawValue == String {
    init?(plain text: ArraySlice<UInt8>) {
        guard let name = String(plain: text) else { return nil }
        self.init(rawValue: name)
    }
}

extension Operation: PlainValue {}
extension StockState: PlainValue {}
extension StockLevel: PlainValue {}
extension ProductStatus: PlainValue {}
