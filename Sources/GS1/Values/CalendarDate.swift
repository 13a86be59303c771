/// A day of the Gregorian calendar, or a month of it: GS1 dates may leave out the day.
///
/// The type knows neither time zones nor clocks: the date on a label is the date where the label is.
public struct CalendarDate: Hashable, Sendable {
    /// The year, with its century.
    public let year: Int
    /// The month, 1 to 12.
    public let month: Int
    /// The day of the month; nil if the label says 00. In a period of use, 00 means through the last day of the month.
    public let day: Int?

    /// - Returns: nil if there is no such day.
    public init?(year: Int, month: Int, day: Int?) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        if let day, !(1...Self.days(inMonth: month, of: year)).contains(day) { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Reads six digits as YYMMDD, where DD may be 00.
    ///
    /// - Parameters:
    ///   - yymmdd: the digits
    ///   - referenceYear: the year by which the century is chosen, usually the current one; it must be 100 to 9899
    /// - Returns: nil if the digits are not a date.
    public init?(yymmdd: some StringProtocol, referenceYear: Int) {
        let digits = Array(yymmdd.utf8)
        guard digits.count == 6, digits.allSatisfy(\.isDigit), (100...9899).contains(referenceYear) else { return nil }
        let numbers = stride(from: 0, to: 6, by: 2).map { Int(digits[$0] - 0x30) * 10 + Int(digits[$0 + 1] - 0x30) }
        self.init(
            year: Self.year(twoDigits: numbers[0], referenceYear: referenceYear), month: numbers[1],
            day: numbers[2] == 0 ? nil : numbers[2])
    }

    /// The year of two digits: the one from 49 years before `referenceYear` to 50 years after it.
    ///
    /// GS1 General Specifications, section "Determination of century in dates": a year that is 51 or more above that of the
    /// reference belongs to the century before, and one that is 50 or more below to the century after.
    public static func year(twoDigits: Int, referenceYear: Int) -> Int {
        let century = referenceYear / 100 * 100
        let difference = twoDigits - referenceYear % 100
        return century + twoDigits + (difference >= 51 ? -100 : difference <= -50 ? 100 : 0)
    }

    /// The date, with the last day of the month if the day is left out: until when an item may be used.
    public var lastDay: CalendarDate {
        day == nil ? CalendarDate(unchecked: year, month, Self.days(inMonth: month, of: year)) : self
    }

    private init(unchecked year: Int, _ month: Int, _ day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// How many days the month, 1 to 12, has in a year.
    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CalendarDate: CustomStringConvertible, Comparable {
    /// The form of ISO 8601: `2027-03-31`, or `2027-03` without a day.
    public var description: String {
        let text = DigitKey.write(UInt64(year), count: 4) + "-" + DigitKey.write(UInt64(month), count: 2)
        return day.map { text + "-" + DigitKey.write(UInt64($0), count: 2) } ?? text
    }

    /// By the calendar. A date without a day comes before the first day of its month, so that any two different values have an
    /// order.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.year, left.month, left.day ?? 0) < (right.year, right.month, right.day ?? 0)
    }
}
