/// The sets of characters of which a component of a value may consist.
///
/// GS1 General Specifications, figures "GS1 AI encodable character set 82", "39" and "file-safe / URI-safe base64".
public enum CharacterSet: String, Sendable, Hashable, CaseIterable {
    /// Digits.
    case n = "N"
    /// Character set 82: letters, digits and twenty signs of ISO/IEC 646.
    case x = "X"
    /// Character set 39: capital letters, digits, `#`, `-` and `/`.
    case y = "Y"
    /// File-safe base64: letters, digits, `-`, `_`, and `=` as padding.
    case z = "Z"

    /// Whether `byte` is a character of the set.
    @inline(__always)
    public func contains(_ byte: UInt8) -> Bool {
        // One bit for each character of ASCII, so that no memory is read for a byte.
        let bit = UInt64(1) << UInt64(byte & 63)
        let mask: UInt64
        switch (self, byte >> 6) {
        case (.n, 0): mask = 0x03FF_0000_0000_0000
        case (.x, 0): mask = 0xFFFF_FFE6_0000_0000
        case (.x, 1): mask = 0x07FF_FFFE_87FF_FFFE
        case (.y, 0): mask = 0x03FF_A008_0000_0000
        case (.y, 1): mask = 0x0000_0000_07FF_FFFE
        case (.z, 0): mask = 0x23FF_2000_0000_0000
        case (.z, 1): mask = 0x07FF_FFFE_87FF_FFFE
        default: mask = 0
        }
        return mask & bit != 0
    }

    /// The linter that checks a component of this set before the component's own linters.
    var linter: Linter {
        switch self {
        case .n: .csetnumeric
        case .x: .cset82
        case .y: .cset39
        case .z: .cset64
        }
    }
}

extension UInt8 {
    /// Whether this is a digit of ASCII.
    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit, or nil.
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
