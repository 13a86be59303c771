/// Which units of a variant a movement was about: what a GS1 barcode says beside the GTIN.
public struct Trace: Hashable, Sendable {
    /// The batch or lot (GS1 AI 10).
    public var batch: String?
    /// The serial number of one unit (GS1 AI 21).
    public var serial: String?
    /// The last day on which the units may be used (GS1 AI 17).
    public var expiry: CalendarDate?

    public init(batch: String? = nil, serial: String? = nil, expiry: CalendarDate? = nil) {
        self.batch = batch
        self.serial = serial
        self.expiry = expiry
    }

    public var isEmpty: Bool { batch == nil && serial == nil && expiry == nil }
}

/// A day of the Gregorian calendar, written `2026-11-22` (RFC 3339, full-date).
public struct CalendarDate: Hashable, Comparable, Sendable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// `nil` for a day that does not exist, or a year outside 1 ... 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            Int64(day) <= CivilDate.daysInMonth(Int64(month), year: Int64(year))
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The last day of a month.
    public init?(lastOf month: Int, year: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        self.init(year: year, month: month, day: Int(CivilDate.daysInMonth(Int64(month), year: Int64(year))))
    }

    /// Reads `2026-11-22`.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ (48...57).contains($0) }),
            let year = Int(String(decoding: parts[0], as: UTF8.self)), let month = Int(String(decoding: parts[1], as: UTF8.self)),
            let day = Int(String(decoding: parts[2], as: UTF8.self))
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    public static func < (a: CalendarDate, b: CalendarDate) -> Bool {
        (a.year, a.month, a.day) < (b.year, b.month, b.day)
    }
}

extension CalendarDate: CustomStringConvertible {
    public var description: String {
        func padded(_ number: Int, _ digits: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: digits - text.count) + text
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

extension CalendarDate: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = CalendarDate(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a date is written like 2026-11-22")
        }
        self = date
    }
}
