/// A place in a text, counted from 1, the column in Unicode scalars.
struct TextPosition: Equatable {
    var line = 1
    var column = 1

    /// Moves over `scalar`. `next` is the one after it, since CR LF is one line break.
    mutating func advance(over scalar: Unicode.Scalar, next: Unicode.Scalar?) {
        if scalar == "\n" || (scalar == "\r" && next != "\n") {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
}

/// What makes a text no JSON, at its first such place.
struct SyntaxError: Error {
    let position: TextPosition
    let message: String
}
