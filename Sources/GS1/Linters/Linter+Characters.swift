/// Checks of characters one by one.
extension Linter {
    @inline(__always)
    static func firstOutside(_ set: CharacterSet, _ data: Span<UInt8>, _ violation: Violation) -> Finding? {
        for index in 0..<data.count where !set.contains(data[index]) { return Finding(violation, at: index) }
        return nil
    }

    static func base64(_ data: Span<UInt8>) -> Finding? {
        var end = data.count
        while end > 0, data[end - 1] == 0x3D { end -= 1 }
        for index in 0..<end where data[index] == 0x3D || !CharacterSet.z.contains(data[index]) {
            return Finding(.notCharacterSet64, at: index)
        }
        let padding = data.count - end
        // The padding makes groups of three characters. These are the padding rules of the dictionary, and not those of RFC 4648.
        guard padding == 0 || (padding <= 2 && end > 0 && data.count.isMultiple(of: 3)) else {
            return Finding(.base64Padding, at: end)
        }
        return nil
    }

    static func hasNonDigit(_ data: Span<UInt8>) -> Finding? {
        for index in 0..<data.count where !data[index].isDigit { return nil }
        return Finding(.digitsAlone)
    }

    static func percentSequences(_ data: Span<UInt8>) -> Finding? {
        for index in 0..<data.count where data[index] == 0x25 {
            guard index + 2 < data.count, data[index + 1].hexadecimalValue != nil, data[index + 2].hexadecimalValue != nil else {
                return Finding(.percentSequence, at: index)
            }
        }
        return nil
    }

    static func hyphens(_ data: Span<UInt8>) -> Finding? {
        for index in 0..<data.count where data[index] != 0x2D { return Finding(.notHyphen, at: index) }
        return data.isEmpty ? Finding(.notHyphen) : nil
    }

    static func importerIndex(_ data: Span<UInt8>) -> Finding? {
        guard data.count == 1 else { return Finding(.wrongLength) }
        // File-safe base64 without its padding.
        return CharacterSet.z.contains(data[0]) && data[0] != 0x3D ? nil : Finding(.importerIndex)
    }

    /// Checks one digit, whose bit has to be set in `allowed`.
    static func oneDigit(of allowed: UInt16, _ data: Span<UInt8>, _ violation: Violation) -> Finding? {
        guard data.count == 1, data[0].isDigit, allowed & (1 << UInt16(data[0] - 0x30)) != 0 else { return Finding(violation) }
        return nil
    }
}
