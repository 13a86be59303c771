import TallywireCore

/// Reads the times that devices write.
enum DeviceTime {
    /// Milliseconds that are below this are seconds: it is the year 5138 in seconds and 1973 in milliseconds.
    private static let firstMillisecond: Int64 = 100_000_000_000

    /// A time as text (RFC 3339, also with a zone as `+0000`), or as seconds or milliseconds since 1970. `nil` for what is none, and for one
    /// outside the years 1 to 9999: what is done with a time later never has to fear a number that is too large.
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
        // ISO 8601 in its basic form of the zone, as Zebra's readers write it.
        let zone = text.suffix(5)
        guard zone.count == 5, let sign = zone.first, sign == "+" || sign == "-", zone.dropFirst().allSatisfy(\.isNumber) else {
            return nil
        }
        return Timestamp("\(text.dropLast(2)):\(text.suffix(2))")
    }
}
