import GS1
import TallywireCore

/// Recognises the damage that a spreadsheet does to a column of barcodes that it takes for numbers.
enum BarcodeDamage {
    /// What kind of damage a code has that cannot be undone, in words; `nil` for a code that does not look damaged.
    static func lossyDamage(of code: String) -> String? {
        // Almost all codes are digits only, and patterns are slow.
        if isDigits(code) { return nil }
        if isRounded(code) { return "a number in powers of ten, of which the last digits are lost" }
        if isNumber(code) { return "a number with a decimal point or marks between its thousands" }
        if isError(code) || code.unicodeScalars.first == "#" { return "the mark of an error, or of a column that is too narrow" }
        return nil
    }

    /// Whether a code without quotes would be refused or noted.
    static func isSuspected(_ code: String) -> Bool { lossyDamage(of: code) != nil || withZero(code) != nil }

    /// Whether a code is a number in powers of ten, such as `4.00638E+12`.
    private static func isRounded(_ code: String) -> Bool {
        code.wholeMatch(of: /[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,2}/) != nil
    }

    /// Whether a code is a number that is long enough for a barcode, with `.0` at its end or with separated thousands, as different
    /// countries write them.
    private static func isNumber(_ code: String) -> Bool {
        let isNumber =
            code.wholeMatch(of: /[0-9]+[.,]0+/) != nil || code.wholeMatch(of: /[0-9]{1,3}([.,'’][0-9]{3})+([.,]0+)?/) != nil
        return isNumber && code.utf8.count { (0x30...0x39).contains($0) } >= shortest
    }

    /// Whether a text is `########`, `#N/A` or another error mark of any spreadsheet and language.
    static func isError(_ text: String) -> Bool {
        // Almost no text begins in this way, and patterns are slow.
        guard let first = text.unicodeScalars.first, "#EF".unicodeScalars.contains(first) else { return false }
        return text.wholeMatch(of: /#+|#[\p{Lu}0-9\/_]+[!?]|#N\/A|#NV|(Err|Error|Fehler|Erreur):[0-9]{3}/) != nil
    }

    /// Whether a whole field is one number with thousands separated by spaces, which is a barcode without the spaces.
    static func isGrouped(_ field: String) -> Bool {
        guard field.wholeMatch(of: /[0-9]{1,3}([ \u{A0}\u{2009}\u{202F}][0-9]{3}){2,}/) != nil else { return false }
        return (try? GTIN(field.filter { $0.isASCII && $0.isNumber })) != nil
    }

    /// The UPC, EAN-8 or UPC-E that the code was before it lost its leading zero; `nil` if it does not look so.
    static func withZero(_ code: String) -> String? {
        guard isDigits(code) else { return nil }
        let whole = "0" + code
        return switch code.utf8.count {
        case 11: (try? GTIN(whole)) == nil ? nil : whole
        case 7: (try? GTIN(whole)) == nil && (try? GTIN(upce: whole)) == nil ? nil : whole
        default: nil
        }
    }

    private static func isDigits(_ code: String) -> Bool { code.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// The number of digits of the shortest barcode without its leading zero.
    private static let shortest = 7
}
