/// Checks of dates and times.
extension Linter {
    static func date(_ data: Span<UInt8>, yearDigits: Int, dayMayBeZero: Bool) -> Finding? {
        let count = yearDigits + 4
        guard data.count >= count else { return Finding(.tooShort) }
        guard data.count == count else { return Finding(.tooLong, at: count) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        let written = Int(number(data, 0..<yearDigits))
        // All centuries that two digits can mean today have the same leap years: 1900 and 2100 are out of reach.
        let year = yearDigits == 2 ? 2000 + written : written
        let month = Int(number(data, yearDigits..<(yearDigits + 2)))
        let day = Int(number(data, (yearDigits + 2)..<count))
        guard (1...12).contains(month) else { return Finding(.month, at: yearDigits) }
        guard (dayMayBeZero ? 0 : 1)...CalendarDate.days(inMonth: month, of: year) ~= day else {
            return Finding(.day, at: yearDigits + 2)
        }
        return nil
    }

    static func hourAndMinute(_ data: Span<UInt8>) -> Finding? {
        guard data.count >= 4 else { return Finding(.tooShort) }
        guard data.count == 4 else { return Finding(.tooLong, at: 4) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        if number(data, 0..<2) > 23 { return Finding(.hour) }
        return number(data, 2..<4) > 59 ? Finding(.minute, at: 2) : nil
    }

    static func twoDigits(_ data: Span<UInt8>, below limit: UInt64, _ violation: Violation) -> Finding? {
        guard data.count >= 2 else { return Finding(.tooShort) }
        guard data.count == 2 else { return Finding(.tooLong, at: 2) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        return number(data, 0..<2) < limit ? nil : Finding(violation)
    }
}
