/// Writes JSON (RFC 8259) into bytes. Keys are in the order in which they are given.
///
/// The writer is written by hand because an event is encoded once, on the writer's thread, and its bytes are the contract: a
/// general encoder does not promise the order of keys, prices with two decimals, or integers beyond doubles. This one also takes a
/// fifth of a general encoder's time.
public struct JSONWriter: Sendable {
    /// The buffer, of which the first `count` bytes are written.
    private var storage: [UInt8]
    private var count = 0
    /// Whether the next key or element needs a comma before it.
    private var needsComma = false
    /// The last timestamp that was written, whose text is in `recentText`: the events of one batch often have the same timestamp.
    private var recentTimestamp: Timestamp?
    private var recentText: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 512) {
        storage = [UInt8](repeating: 0, count: max(capacity, 64))
    }

    /// The written bytes, in an array of their size.
    public var bytes: [UInt8] {
        storage.withUnsafeBufferPointer { [UInt8]($0[..<count]) }
    }

    /// Removes the written bytes and keeps the memory.
    public mutating func removeAll() {
        count = 0
        needsComma = false
    }

    // MARK: Structure

    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "{"))
        try body(&self)
        close(UInt8(ascii: "}"))
    }

    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "["))
        try body(&self)
        close(UInt8(ascii: "]"))
    }

    /// Writes a key. Exactly one value has to follow. The key is a literal that needs no escape.
    public mutating func key(_ key: StaticString) {
        let length = key.utf8CodeUnitCount
        let comma = needsComma ? 1 : 0
        needsComma = false
        append(length + 3 + comma) { target in
            target[0] = UInt8(ascii: ",")
            target[comma] = UInt8(ascii: "\"")
            (target + comma + 1).update(from: key.utf8Start, count: length)
            target[comma + length + 1] = UInt8(ascii: "\"")
            target[comma + length + 2] = UInt8(ascii: ":")
        }
    }

    /// Writes a key that came from outside. Exactly one value has to follow.
    public mutating func dynamicKey(_ key: String) {
        string(key)
        append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Members

    /// Writes a member of an object. A member whose value is `nil` is left out.
    public mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    public mutating func member(_ name: StaticString, _ value: UInt64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    public mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        key(name)
        bool(value)
    }

    public mutating func member(_ name: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        key(name)
        timestamp(value)
    }

    /// Writes a member that is an object with `epoch` and `seq`.
    public mutating func member(_ name: StaticString, _ value: JournalPosition?) {
        guard let value else { return }
        object(name) { json in
            json.member("epoch", value.epoch)
            json.member("seq", value.seq)
        }
    }

    /// Writes a member that is a price, or `null` if there is no price.
    public mutating func member(_ name: StaticString, price value: Price?) {
        key(name)
        price(value)
    }

    /// Writes a member that is an object.
    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) throws -> Void) rethrows {
        key(name)
        try object(body)
    }

    /// Writes a member that is an array.
    public mutating func array(_ name: StaticString, _ body: (inout JSONWriter) throws -> Void) rethrows {
        key(name)
        try array(body)
    }

    // MARK: Values

    public mutating func string(_ value: String) {
        separate()
        var value = value
        value.withUTF8 { utf8 in
            if utf8.contains(where: Self.needsEscape) {
                append(UInt8(ascii: "\""))
                appendEscaped(utf8)
                append(UInt8(ascii: "\""))
            } else {
                append(utf8.count + 2) { target in
                    target[0] = UInt8(ascii: "\"")
                    if let start = utf8.baseAddress { (target + 1).update(from: start, count: utf8.count) }
                    target[utf8.count + 1] = UInt8(ascii: "\"")
                }
            }
        }
    }

    public mutating func integer(_ value: Int64) {
        separate()
        appendInteger(value)
    }

    public mutating func integer(_ value: UInt64) { integer(Int64(value)) }

    public mutating func bool(_ value: Bool) {
        separate()
        append(value ? "true" : "false")
    }

    public mutating func null() {
        separate()
        append("null")
    }

    public mutating func price(_ value: Price?) {
        guard let value else { return null() }
        separate()
        appendInteger(value.hundredths / 100)
        append(UInt8(ascii: "."))
        appendPadded(value.hundredths % 100, width: 2)
    }

    public mutating func timestamp(_ value: Timestamp) {
        separate()
        if recentTimestamp != value {
            recentTimestamp = value
            let start = count
            append(UInt8(ascii: "\""))
            appendTimestamp(value)
            append(UInt8(ascii: "\""))
            recentText = [UInt8](storage[start..<count])
        } else {
            let text = recentText
            append(text.count) { target in
                for (index, byte) in text.enumerated() { target[index] = byte }
            }
        }
    }

    /// Writes a value that is JSON already, unchanged.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        for byte in json { append(byte) }
    }

    // MARK: Pieces

    mutating func appendTimestamp(_ timestamp: Timestamp) {
        let milliseconds = min(max(timestamp.milliseconds, Timestamp.range.lowerBound), Timestamp.range.upperBound)
        var days = milliseconds / 86_400_000
        var rest = milliseconds % 86_400_000
        if rest < 0 {
            rest += 86_400_000
            days -= 1
        }
        let date = CivilDate(daysSince1970: days)
        appendPadded(date.year, width: 4)
        append(UInt8(ascii: "-"))
        appendPadded(date.month, width: 2)
        append(UInt8(ascii: "-"))
        appendPadded(date.day, width: 2)
        append(UInt8(ascii: "T"))
        appendPadded(rest / 3_600_000, width: 2)
        append(UInt8(ascii: ":"))
        appendPadded(rest / 60_000 % 60, width: 2)
        append(UInt8(ascii: ":"))
        appendPadded(rest / 1000 % 60, width: 2)
        append(UInt8(ascii: "."))
        appendPadded(rest % 1000, width: 3)
        append(UInt8(ascii: "Z"))
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        for byte in utf8 {
            guard Self.needsEscape(byte) else {
                append(byte)
                continue
            }
            append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
            case 0x08: append(UInt8(ascii: "b"))
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0A: append(UInt8(ascii: "n"))
            case 0x0C: append(UInt8(ascii: "f"))
            case 0x0D: append(UInt8(ascii: "r"))
            default:
                append("u00")
                append(Self.hexDigit(byte >> 4))
                append(Self.hexDigit(byte & 15))
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func appendInteger(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        var digits = 1
        var bound: UInt64 = 10
        // 10^19 is the largest power of ten in 64 bits.
        while digits < 20, magnitude >= bound {
            digits += 1
            bound = digits < 20 ? bound * 10 : bound
        }
        append(digits) { target in
            var rest = magnitude
            for index in stride(from: digits - 1, through: 0, by: -1) {
                target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
    }

    private mutating func appendPadded(_ value: Int64, width: Int) {
        append(width) { target in
            var rest = value
            for index in stride(from: width - 1, through: 0, by: -1) {
                target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
    }

    private mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        append(length) { $0.update(from: text.utf8Start, count: length) }
    }

    private mutating func append(_ byte: UInt8) {
        if count == storage.count { grow(by: 1) }
        storage[count] = byte
        count += 1
    }

    /// Makes room for `length` bytes, which `write` fills.
    private mutating func append(_ length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) {
        if storage.count - count < length { grow(by: length) }
        storage.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            write(base + count)
        }
        count += length
    }

    private mutating func grow(by length: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(length, storage.count)))
    }
}
