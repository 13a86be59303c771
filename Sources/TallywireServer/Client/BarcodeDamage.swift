import GS1

/// What a spreadsheet does to a column of barcodes that it takes for numbers.
enum BarcodeDamage {
    /// Whether it is a number in powers of ten, of which the last digits are lost, such as `4.00638E+12`.
    static func isRounded(_ code: String) -> Bool {
        code.wholeMatch(of: /[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,2}/) != nil
    }

    /// The UPC that it was before it lost the zero at its beginning; `nil` if it does not look so.
    static func withZero(_ code: String) -> String? {
        guard code.utf8.count == 11, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), (try? GTIN("0" + code)) != nil else {
            return nil
        }
        return "0" + code
    }
}
