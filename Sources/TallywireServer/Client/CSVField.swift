import TallywireCore

/// How texts stand in a field of CSV.
enum CSVField {
    /// A field as RFC 4180 has it, after ``neutral(_:)``.
    static func quoted(_ text: String) -> String {
        let field = neutral(text)
        let isPlain =
            field.trimmingSpace.unicodeScalars.elementsEqual(field.unicodeScalars)
            && !field.unicodeScalars.contains { ",;\"\t\n\r\u{B}\u{C}\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) }
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// The text with `'` before it, if a spreadsheet would take it for a formula, or if it could be taken for one that was treated so
    /// (OWASP, CSV injection).
    static func neutral(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let isTreated = scalars.first == "'" && isMark(scalars.dropFirst().first, orQuote: true)
        return isMark(scalars.first) || isTreated ? "'" + text : text
    }

    /// What ``neutral(_:)`` was made of.
    static func plain(_ field: String) -> String {
        let rest = field.unicodeScalars.dropFirst()
        return field.unicodeScalars.first == "'" && isMark(rest.first, orQuote: true) ? String(rest) : field
    }

    private static func isMark(_ scalar: Unicode.Scalar?, orQuote: Bool = false) -> Bool {
        switch scalar {
        case "=", "+", "-", "@", "\t", "\r": true
        case "'": orQuote
        default: false
        }
    }

    // MARK: Barcodes

    /// The word for "there is none", where an empty field says nothing.
    static let none = "none"

    /// Barcodes with spaces between them; `CODE*12` stands for twelve units, and a code with a space, `*` or `"` in it, or that is the word
    /// `none`, stands in quotes.
    static func text(_ barcodes: [Barcode]) -> String {
        barcodes.map { barcode in
            let needsQuotes =
                barcode.code == none
                || barcode.code.unicodeScalars.contains { $0 == "*" || $0 == "\"" || $0.properties.isWhitespace }
            let code = needsQuotes ? "\"" + barcode.code.replacing("\"", with: "\"\"") + "\"" : barcode.code
            return barcode.units == 1 ? code : "\(code)*\(barcode.units)"
        }.joined(separator: " ")
    }

    /// Reads ``text(_:)``, or says what is wrong with it.
    static func barcodes(_ text: String) throws(BarcodeMistake) -> [Barcode] {
        if text.lowercased() == none { return [] }
        var barcodes: [Barcode] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop { $0.properties.isWhitespace }
            guard let first = rest.first else { return barcodes }
            var code = String.UnicodeScalarView()
            if first == "\"" {
                rest = rest.dropFirst()
                while true {
                    guard let scalar = rest.popFirst() else { throw BarcodeMistake(what: "a quote is not closed") }
                    if scalar == "\"" {
                        guard rest.first == "\"" else { break }
                        rest = rest.dropFirst()
                    }
                    code.append(scalar)
                }
            } else {
                code.append(contentsOf: rest.prefix { $0 != "*" && !$0.properties.isWhitespace })
                rest = rest.dropFirst(code.count)
            }
            var units: Int64 = 1
            if rest.first == "*" {
                let digits = rest.dropFirst().prefix { !$0.properties.isWhitespace }
                guard let number = Int64(String(digits)), number > 0 else {
                    throw BarcodeMistake(what: "“\(String(code))*\(String(digits))” has no number of units behind the *")
                }
                units = number
                rest = rest.dropFirst(digits.count + 1)
            } else if let next = rest.first, !next.properties.isWhitespace {
                throw BarcodeMistake(what: "something stands behind the closing quote of “\(String(code))”")
            }
            barcodes.append(Barcode(code: String(code), units: units))
        }
    }

    struct BarcodeMistake: Error {
        let what: String
    }
}
