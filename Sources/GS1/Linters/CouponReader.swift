/// Reads the fields of a North American coupon code one after the other.
///
/// A field either has a fixed number of digits or begins with one, the variable length indicator, that says how many follow.
struct CouponReader {
    /// The index at which the next field begins.
    private(set) var position = 0

    /// The digit at the current position, or nil at the end.
    func next(in data: Span<UInt8>) -> Int? {
        position < data.count ? Int(data[position]) - 0x30 : nil
    }

    /// Moves to the next field if the digit at the current position is `tag`. Returns whether it was.
    mutating func skip(tag: Int, in data: Span<UInt8>) -> Bool {
        guard next(in: data) == tag else { return false }
        position += 1
        return true
    }

    /// Reads a field that begins with its length, as its first digit plus `offset`. `other` is a digit that means that there is no
    /// field.
    mutating func variable(
        _ field: Violation.CouponField, _ lengths: ClosedRange<Int>, plus offset: Int, other: Int? = nil, in data: Span<UInt8>
    ) throws(Linter.Finding) {
        guard let digit = next(in: data) else { throw Linter.Finding(.coupon(.missing, field), at: position) }
        if digit == other {
            position += 1
            return
        }
        guard lengths.contains(digit) else { throw Linter.Finding(.coupon(.length, field), at: position) }
        position += 1
        try fixed(field, digit + offset, in: data)
    }

    /// Reads a field of `count` digits.
    mutating func fixed(_ field: Violation.CouponField, _ count: Int, in data: Span<UInt8>) throws(Linter.Finding) {
        guard data.count - position >= count else { throw Linter.Finding(.coupon(.truncated, field), at: position) }
        position += count
    }

    /// Reads a field of one digit, whose bit has to be set in `allowed`.
    mutating func choice(_ field: Violation.CouponField, of allowed: UInt16, in data: Span<UInt8>) throws(Linter.Finding) {
        guard let digit = next(in: data) else { throw Linter.Finding(.coupon(.missing, field), at: position) }
        guard allowed & (1 << UInt16(digit)) != 0 else { throw Linter.Finding(.coupon(.value, field), at: position) }
        position += 1
    }

    /// Reads a field of six digits that are a date.
    mutating func date(_ field: Violation.CouponField, in data: Span<UInt8>) throws(Linter.Finding) {
        let start = position
        try fixed(field, 6, in: data)
        guard Linter.date(data.extracting(start..<position), yearDigits: 2, dayMayBeZero: false) == nil else {
            throw Linter.Finding(.coupon(.value, field), at: start)
        }
    }
}
