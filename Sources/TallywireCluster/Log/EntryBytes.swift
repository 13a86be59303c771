/// Writes what an entry consists of: numbers as LEB128, seven bits a byte from the lowest, and everything else after its length.
struct EntryWriter {
    private(set) var bytes: [UInt8] = []
    /// The bytes of the longest text, and the elements of the longest list so far.
    private(set) var longestText = 0
    private(set) var longestList = 0

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A number that may be negative, folded so that small ones are short either way.
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    /// A number all of whose bits are random.
    mutating func hash(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func block(_ content: [UInt8]) {
        number(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    mutating func text(_ value: String) {
        longestText = max(longestText, value.utf8.count)
        block(Array(value.utf8))
    }

    mutating func list<Element>(_ elements: some Collection<Element>, _ write: (inout EntryWriter, Element) -> Void) {
        longestList = max(longestList, elements.count)
        number(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }
}

/// Reads what an ``EntryWriter`` wrote. It throws on any other bytes, and never traps.
struct EntryReader {
    typealias Mistake = LogEntryCodec.Malformed

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() throws(Mistake) -> UInt8 {
        guard let byte = rest.popFirst() else { throw Mistake("it ends too early") }
        return byte
    }

    mutating func number() throws(Mistake) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || bits <= 1 else { throw Mistake("a number has more than 64 bits") }
            value |= bits << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Mistake("a number has more than 64 bits")
    }

    mutating func signed() throws(Mistake) -> Int64 {
        let folded = try number()
        return Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
    }

    mutating func hash() throws(Mistake) -> UInt64 {
        let bytes = try take(8)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func block() throws(Mistake) -> [UInt8] { Array(try take(try number())) }

    /// A text of at most ``LogEntryCodec/longestText`` bytes.
    mutating func text() throws(Mistake) -> String {
        let count = try number()
        guard count <= LogEntryCodec.longestText else { throw Mistake("a text has \(count) bytes") }
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw Mistake("a text is not UTF-8") }
        return text
    }

    /// At most ``LogEntryCodec/longestList`` elements. Room is not made for as many as damaged bytes say that there are.
    mutating func list<Element>(_ read: (inout EntryReader) throws(Mistake) -> Element) throws(Mistake) -> [Element] {
        let count = try number()
        guard count <= LogEntryCodec.longestList, count <= rest.count else { throw Mistake("a list has \(count) elements") }
        var elements: [Element] = []
        elements.reserveCapacity(Int(min(count, 4_096)))
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    private mutating func take(_ count: UInt64) throws(Mistake) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Mistake("it ends too early") }
        defer { rest.removeFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
