import TallywireCore

/// Reads the times that devices write.
enum DeviceTime {
    /// A number below this is in seconds, any other in milliseconds: in seconds this is the year 5138, in milliseconds 1973.
    private static let firstMillisecond: Int64 = 100_000_000_000

    /// A time as text (RFC 3339, also with a zone as `+0000`), or as seconds or milliseconds since 1970. `nil` for anything else,
    /// and for a time outside the years 1 to 9999: so later calculations with a time cannot overflow.
    static func timestamp(_ value: JSONValue) -> Timestamp? {
        if let text = value.string { return timestamp(text) }
        guard case .number(let text) = value else { return nil }
        if let number = value.integer {
            return Timestamp(outside: number.magnitude < firstMillisecond.magnitude ? number * 1000 : number)
        }
        guard let seconds = Double(text), abs(seconds) < Double(firstMillisecond) else { return nil }
        return Timestamp(outside: Int64((seconds * 1000).rounded()))
    }

    private static func timestamp(_ text: String) -> Timestamp? {
        if let timestamp = Timestamp(text) { return timestamp }
        // ISO 8601 with a zone in the basic format, as Zebra's readers write it.
        let zone = text.suffix(5)
        guard zone.count == 5, let sign = zone.first, sign == "+" || sign == "-", zone.dropFirst().allSatisfy(\.isNumber) else {
            return nil
        }
        return Timestamp("\(text.dropLast(2)):\(text.suffix(2))")
    }
}
