/// The rows of a CSV text (RFC 4180), each with its line.
///
/// The table knows the line in which each row begins and how many fields the row has, and reports a quote that is not closed.
/// Delimiters and quotes are compared by scalars, so that a combining accent after a comma does not hide the comma.
struct CSVTable {
    struct Row {
        /// Counted from 1.
        let line: Int
        let fields: [String]

        var isEmpty: Bool { fields.allSatisfy(\.isEmpty) }
    }

    /// Why a text is not CSV.
    struct Mistake: Error {
        let line: Int
        let what: String
    }

    /// The rows that are not empty.
    private(set) var rows: [Row] = []

    private let delimiter: Unicode.Scalar
    private var line = 1
    private var rowLine = 1
    private var fields: [String] = []
    private var field = String.UnicodeScalarView()
    private var isQuoted = false

    init(_ text: String) throws {
        delimiter = Self.delimiter(of: text)
        try read(text.unicodeScalars)
    }

    /// Comma, semicolon or tab: the first one that occurs in the first row.
    private static func delimiter(of text: String) -> Unicode.Scalar {
        var isInside = false
        var hasBegun = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": isInside.toggle()
            case ",", ";", "\t": if !isInside { return scalar }
            case "\n", "\r": if !isInside, hasBegun { return "," }
            default: hasBegun = hasBegun || !scalar.properties.isWhitespace
            }
        }
        return ","
    }

    private mutating func read(_ scalars: String.UnicodeScalarView) throws {
        var index = scalars.startIndex
        func next() -> Unicode.Scalar? {
            let after = scalars.index(after: index)
            return after < scalars.endIndex ? scalars[after] : nil
        }
        // The line in which the current quoted field began; `nil` outside of one.
        var quote: Int?
        while index < scalars.endIndex {
            let scalar = scalars[index]
            if scalar == "\n" || scalar == "\r" && next() != "\n" { line += 1 }
            if quote != nil {
                if scalar != "\"" {
                    field.append(scalar)
                } else if next() == "\"" {
                    field.append(scalar)
                    index = scalars.index(after: index)
                } else {
                    quote = nil
                }
            } else if scalar == "\"", !isQuoted, field.allSatisfy(\.properties.isWhitespace) {
                quote = line
                isQuoted = true
                field.removeAll()
            } else if scalar == delimiter {
                endField()
            } else if scalar == "\n" || scalar == "\r" {
                if scalar == "\r", next() == "\n" {
                    index = scalars.index(after: index)
                    line += 1
                }
                endRow()
            } else if isQuoted {
                guard scalar.properties.isWhitespace else {
                    throw Mistake(line: line, what: "something stands behind a closing quote: a quote in a field is written twice")
                }
            } else {
                field.append(scalar)
            }
            index = scalars.index(after: index)
        }
        if let quote { throw Mistake(line: quote, what: "a quote is not closed") }
        if !field.isEmpty || !fields.isEmpty || isQuoted { endRow() }
    }

    private mutating func endField() {
        let text = String(field)
        fields.append(isQuoted ? text : text.trimmingSpace)
        field.removeAll()
        isQuoted = false
    }

    private mutating func endRow() {
        endField()
        let row = Row(line: rowLine, fields: fields)
        if !row.isEmpty { rows.append(row) }
        fields = []
        rowLine = line
    }
}

extension String {
    /// The text without white space around it: Unicode's white space and the byte order mark.
    var trimmingSpace: String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\u{FEFF}" }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }), let last = scalars.lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(scalars[first...last])
    }
}
