/// The check character pair of GS1's alphanumeric keys, like the Global Model Number (8013).
///
/// GS1 General Specifications, section "Check character calculation (for alphanumeric keys)": the sum of the values in character set
/// 82, weighted with the primes from the right, modulo 1021, written as two characters of a set of 32.
public enum CheckPair {
    /// The longest data for which a pair is calculated, in characters: as many as there are weights.
    public static let maximumLength = 97

    /// The pair that follows `data`; nil if `data` is too long or has a character outside character set 82.
    public static func mod1021(of data: some StringProtocol) -> String? {
        let bytes = Array(data.utf8)
        guard bytes.count <= maximumLength, bytes.allSatisfy({ CharacterSet.x.contains($0) }) else { return nil }
        let pair = pair(of: bytes.span)
        return String(decoding: [pair.0, pair.1], as: UTF8.self)
    }

    /// The pair that follows `data`, which has only characters of set 82 and is not too long.
    static func pair(of data: Span<UInt8>) -> (UInt8, UInt8) {
        var sum = 0
        for index in 0..<data.count {
            sum += value(data[index]) * primes[data.count - 1 - index]
        }
        sum %= 1021
        return (characters[sum >> 5], characters[sum & 31])
    }

    private static func value(_ character: UInt8) -> Int {
        // The order of character set 82 is that of ASCII, with gaps.
        switch character {
        case 0x21...0x22: Int(character) - 0x21
        case 0x25...0x3F: Int(character) - 0x25 + 2
        case 0x41...0x5A: Int(character) - 0x41 + 29
        case 0x5F: 55
        default: Int(character) - 0x61 + 56
        }
    }

    private static let characters = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ".utf8)

    private static let primes: [Int] = {
        var found: [Int] = []
        var candidate = 2
        while found.count < maximumLength {
            if !found.contains(where: { candidate.isMultiple(of: $0) }) { found.append(candidate) }
            candidate += 1
        }
        return found
    }()
}
