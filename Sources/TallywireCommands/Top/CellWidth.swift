extension String {
    /// How many columns of a terminal the text takes.
    var cellWidth: Int { reduce(0) { $0 + $1.cellWidth } }

    /// The text, or as much of it as has room in `width` columns, with `…` at its end.
    func cut(to width: Int) -> String {
        guard cellWidth > width else { return self }
        var (kept, used) = ("", 0)
        for character in self {
            used += character.cellWidth
            if used > width - 1 { break }
            kept.append(character)
        }
        return width > 0 ? kept + "…" : ""
    }

    /// The text with spaces up to `width` columns, before it or behind it.
    func padded(to width: Int, isRight: Bool) -> String {
        let space = String(repeating: " ", count: max(0, width - cellWidth))
        return isRight ? space + self : self + space
    }
}

extension Character {
    /// 2 for the ideographs, syllables and signs that terminals draw over two columns, 1 otherwise. Source: the ranges of Unicode's
    /// EastAsianWidth.txt with `W` and `F`, taken together.
    fileprivate var cellWidth: Int {
        guard let scalar = unicodeScalars.first?.value else { return 0 }
        return Self.wide.contains { $0.contains(scalar) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
