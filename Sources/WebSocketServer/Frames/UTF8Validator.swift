/// Checks UTF-8 octet by octet, so that an invalid text is noticed at its first wrong octet, however the text was cut into
/// fragments and packets.
///
/// Which octets may follow a leading octet is table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
struct UTF8Validator: Equatable, Sendable {
    /// How many octets the last character still lacks.
    private var missing: UInt8 = 0
    /// The range of the next octet. After that octet, any continuation octet may follow.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    init() {}

    /// Whether the text may end here: its last character is whole.
    var isComplete: Bool { missing == 0 }

    /// Checks the next octets of the text. Returns `false` if the text is not UTF-8, whatever follows.
    mutating func accept(_ octets: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < octets.count {
            if missing == 0, index + 8 <= octets.count,
                octets.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            guard accept(octets[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accept(_ octet: UInt8) -> Bool {
        guard missing == 0 else {
            guard (lowest...highest).contains(octet) else { return false }
            missing -= 1
            (lowest, highest) = (0x80, 0xBF)
            return true
        }
        switch octet {
        case 0x00...0x7F: break
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, lowest) = (2, 0xA0)
        case 0xED: (missing, highest) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, lowest) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, highest) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
