/// Checks of numbers.
extension Linter {
    static func nonZero(_ data: Span<UInt8>) -> Finding? {
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        for index in 0..<data.count where data[index] != 0x30 { return nil }
        return Finding(.zero)
    }

    static func noLeadingZero(_ data: Span<UInt8>) -> Finding? {
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        return !data.isEmpty && data[0] == 0x30 ? Finding(.leadingZero) : nil
    }

    static func zero(_ data: Span<UInt8>) -> Finding? {
        for index in 0..<data.count where data[index] != 0x30 { return Finding(.notZero, at: index) }
        return data.isEmpty ? Finding(.notZero) : nil
    }

    static func pieceOfTotal(_ data: Span<UInt8>) -> Finding? {
        guard !data.isEmpty, data.count.isMultiple(of: 2) else { return Finding(.wrongLength) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        let half = data.count / 2
        let piece = data.extracting(0..<half)
        let total = data.extracting(half..<data.count)
        if nonZero(piece) != nil { return Finding(.zeroPiece) }
        if nonZero(total) != nil { return Finding(.zeroTotal, at: half) }
        return isGreater(piece, total) ? Finding(.pieceExceedsTotal) : nil
    }

    static func positionInSequence(_ data: Span<UInt8>) -> Finding? {
        var slash: Int?
        for index in 0..<data.count where !data[index].isDigit {
            guard data[index] == 0x2F, slash == nil else { return Finding(.positionForm, at: index) }
            slash = index
        }
        guard let slash, slash > 0, slash + 1 < data.count else { return Finding(.positionForm) }
        let position = data.extracting(0..<slash)
        let end = data.extracting((slash + 1)..<data.count)
        if position[0] == 0x30 { return Finding(.leadingZero) }
        if end[0] == 0x30 { return Finding(.leadingZero, at: slash + 1) }
        return isGreater(position, end) ? Finding(.positionExceedsEnd) : nil
    }

    /// Checks ten digits, which are at most `maximum` ten-millionths of a degree.
    static func degrees(_ data: Span<UInt8>, atMost maximum: UInt64, _ violation: Violation) -> Finding? {
        guard data.count == 10 else { return Finding(.wrongLength) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        return number(data, 0..<10) <= maximum ? nil : Finding(violation)
    }

    /// Whether `left` is greater. The numbers may have any length, and have equal lengths or no leading zeros.
    private static func isGreater(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        if left.count != right.count { return left.count > right.count }
        for index in 0..<left.count where left[index] != right[index] { return left[index] > right[index] }
        return false
    }

    /// The number in the digits in `range`, of which there are at most 19.
    @inline(__always)
    static func number(_ data: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for index in range { value = value &* 10 &+ UInt64(data[index] &- 0x30) }
        return value
    }
}
