/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Core gets every time from outside and never reads a clock, so that the same commands give the same events.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// The moment after this one by `duration`.
    public func advanced(by duration: Duration) -> Timestamp { Timestamp(milliseconds: milliseconds + duration.wholeMilliseconds) }

    /// The year in UTC.
    public var year: Int {
        Int(CivilDate(daysSince1970: Int64((Double(milliseconds) / 86_400_000).rounded(.down))).year)
    }

    /// The earliest and the latest time that can be written with a four-digit year: in milliseconds, from 0001-01-01 to 9999-12-31.
    public static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// A time from outside. `nil` if the time is not within ``range``, where no arithmetic on it can overflow.
    public init?(outside milliseconds: Int64) {
        guard Self.range.contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-22T16:40:00.123Z`.
    public var description: String {
        var writer = JSONWriter(capacity: 24)
        writer.appendTimestamp(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Timestamp {
    /// Reads an RFC 3339 date-time, with a zone (`Z` or `+01:00`) and at most nine decimals of a second, of which three are kept.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 35 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        func isMark(_ index: Int, _ marks: String) -> Bool { marks.utf8.contains(bytes[index]) }
        guard isMark(4, "-"), isMark(7, "-"), isMark(10, "Tt "), isMark(13, ":"), isMark(16, ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            year >= 1, (1...12).contains(month), day >= 1, day <= CivilDate.daysInMonth(month, year: year), hour < 24, minute < 60,
            second < 61
        else { return nil }
        var index = 19
        var millisecond: Int64 = 0
        if isMark(index, ".") {
            let digits = bytes[(index + 1)...].prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            for place in 0..<3 {
                millisecond = millisecond * 10 + (place < digits.count ? Int64(digits[digits.startIndex + place] - 48) : 0)
            }
            index += 1 + digits.count
        }
        guard index < bytes.count else { return nil }
        var offset: Int64 = 0
        if isMark(index, "Zz") {
            guard index == bytes.count - 1 else { return nil }
        } else {
            guard isMark(index, "+-"), bytes.count == index + 6, isMark(index + 3, ":"), let hours = number(index + 1..<index + 3),
                let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isMark(index, "-") ? -1 : 1)
        }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let minutes = (days * 24 + hour) * 60 + minute - offset
        let total = (minutes * 60 + second) * 1000 + millisecond
        guard Timestamp.range.contains(total) else { return nil }
        self.init(milliseconds: total)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let timestamp = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a time is RFC 3339 with a zone, such as 2026-11-22T16:40:00.123Z")
        }
        self = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A date of the proleptic Gregorian calendar. The conversions are `days_from_civil` and `civil_from_days` of
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", http://howardhinnant.github.io/date_algorithms.html.
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        self.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let year = month <= 2 ? self.year - 1 : self.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }
}
