extension String {
    /// The text in one line, with `�` for each control character: what comes from elsewhere cannot move the cursor, change colours or the
    /// clipboard, or look like another line. Format characters that reorder the text around them are shown so too.
    package var terminalText: String {
        guard unicodeScalars.contains(where: \.isUnsafeForTerminal) else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar.isUnsafeForTerminal ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    fileprivate var isUnsafeForTerminal: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: Self.reordering.contains(value)
        default: false
        }
    }

    /// The marks of Unicode's bidirectional algorithm that act on what follows them.
    private static let reordering: Set<UInt32> = [
        0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069,
    ]
}
