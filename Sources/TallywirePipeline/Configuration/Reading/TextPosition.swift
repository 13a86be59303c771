/// A position in a text: line and column, counted from 1. The column counts Unicode scalars.
struct TextPosition: Equatable {
    var line = 1
    var column = 1

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
struct SyntaxError: Error {
    let position: TextPosition
    let message: String
}
