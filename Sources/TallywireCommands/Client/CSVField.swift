import TallywireCore

/// How texts are written in a field of CSV.
enum CSVField {
    /// Returns a field by RFC 4180, after ``neutral(_:)``.
    static func quoted(_ text: String) -> String {
        let field = neutral(text)
        let isPlain =
            field.trimmingSpace.unicodeScalars.elementsEqual(field.unicodeScalars)
            && !field.unicodeScalars.contains { ",;\"\t\n\r\u{B}\u{C}\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) }
        return isPlain ? field : inQuotes(field)
    }

    /// The text in quotes, with each of its own quotes doubled. By scalars: a search by characters would miss a quote that is
    /// followed by a combining mark.
    private static func inQuotes(_ text: String) -> String {
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        quoted.append("\"")
        return String(quoted)
    }

    /// The text with `'` before it, if a spreadsheet would take the text for a formula, or if the text itself looks like one with
    /// that `'` (OWASP, CSV injection).
    static func neutral(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let isTreated = scalars.first == "'" && isMark(scalars.dropFirst().first, orQuote: true)
        return isMark(scalars.first) || isTreated ? "'" + text : text
    }

    /// The text from which ``neutral(_:)`` made `field`.
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

    /// The word for "there is none". An empty field says nothing.
    static let none = "none"

    /// A barcode as a field has it.
    struct WrittenBarcode: Equatable {
        let barcode: Barcode
        /// Whether the barcode is in quotes, which say that it is meant as it is written.
        let isQuoted: Bool
    }

    /// Returns barcodes separated by spaces; `CODE*12` stands for twelve units. A code is in quotes if it contains a space, `*` or
    /// `"`, if it is the word `none` in any case, or if it looks like one that a spreadsheet has damaged.
    static func text(_ barcodes: [Barcode]) -> String {
        guard !barcodes.isEmpty else { return none }
        let plain = text(barcodes, allQuoted: false)
        return BarcodeDamage.isGrouped(plain) ? text(barcodes, allQuoted: true) : plain
    }

    private static func text(_ barcodes: [Barcode], allQuoted: Bool) -> String {
        barcodes.map { barcode in
            let needsQuotes =
                allQuoted || barcode.code.lowercased() == none || BarcodeDamage.isSuspected(barcode.code)
                || barcode.code.unicodeScalars.contains { $0 == "*" || $0 == "\"" || $0.properties.isWhitespace }
            let code = needsQuotes ? inQuotes(barcode.code) : barcode.code
            return barcode.units == 1 ? code : "\(code)*\(barcode.units)"
        }.joined(separator: " ")
    }

    /// Reads the text of ``text(_:)``. Throws what is wrong with it.
    static func barcodes(_ text: String) throws(BarcodeMistake) -> [WrittenBarcode] {
        if text.lowercased() == none { return [] }
        var barcodes: [WrittenBarcode] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop { $0.properties.isWhitespace }
            guard let first = rest.first else { return barcodes }
            var code = String.UnicodeScalarView()
            let isQuoted = first == "\""
            if isQuoted {
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
            barcodes.append(WrittenBarcode(barcode: Barcode(code: String(code).keyForm, units: units), isQuoted: isQuoted))
        }
    }

    struct BarcodeMistake: Error {
        let what: String
    }
}
