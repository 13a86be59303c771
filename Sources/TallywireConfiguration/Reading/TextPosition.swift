/// A position in a text: line and column, counted from 1. The column counts Unicode scalars.
package struct TextPosition: Equatable {
    package var line: Int
    package var column: Int

    /// A position; without arguments the beginning of a text.
    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }

    /// Moves over `scalar`. `next` is the scalar after it, since CR LF is one line break.
    mutating func advance(over scalar: Unicode.Scalar, next: Unicode.Scalar?) {
        if scalar == "\n" || (scalar == "\r" && next != "\n") {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
}

/// Why a text is not JSON, at the first such position.
package struct SyntaxError: Error {
    package let position: TextPosition
    package let message: String

    package init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }
}
