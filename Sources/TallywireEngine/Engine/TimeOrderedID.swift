import TallywireCore

/// Makes UUIDs of version 7 (RFC 9562, section 5.7): a timestamp in milliseconds, then random bits. So ids that are made one after
/// another are neighbours in an index.
public enum TimeOrderedID {
    /// Returns a new id for the moment `timestamp`. Safe from any thread.
    public static func make(at timestamp: Timestamp) -> String {
        var random = SystemRandomNumberGenerator()
        return make(at: timestamp, random: &random)
    }

    /// The same with a given generator, for tests that need the same ids again.
    public static func make(at timestamp: Timestamp, random: inout some RandomNumberGenerator) -> String {
        let high = UInt64(truncatingIfNeeded: timestamp.milliseconds) << 16 | 0x7000 | random.next() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | random.next() & 0x3FFF_FFFF_FFFF_FFFF
        return String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for word in [high, low] {
                for shift in stride(from: UInt64(60), through: 0, by: -4) {
                    if position == 8 || position == 13 || position == 18 || position == 23 {
                        text[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    let digit = UInt8(truncatingIfNeeded: word >> shift & 15)
                    text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                    position += 1
                }
            }
            return position
        }
    }
}
