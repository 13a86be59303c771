import GS1

extension Barcode {
    /// All ways in which a code can be written that mean the same item, `code` itself first: the forms of a GTIN with more or fewer leading
    /// zeros, and UPC-E beside the UPC-A that it stands for. A code that is no GTIN has one form.
    ///
    /// Eight digits are a GTIN-8 if their check digit says so; else a UPC-E, if they are one of number system 0 or 1.
    public static func forms(of code: String) -> [String] {
        guard let gtin = gtin(of: code) else { return [code] }
        return [code] + (gtin.allForms + [gtin.typedUPCE].compactMap(\.self)).filter { $0 != code }
    }

    /// What all forms of `code` have in common: the fourteen digits of a GTIN, or the code itself.
    static func itemKey(of code: String) -> String { gtin(of: code)?.digits14 ?? code }

    /// The GTIN that `code` is a form of, `nil` if it is none.
    private static func gtin(of code: String) -> GTIN? {
        switch code.utf8.count {
        case 12, 13, 14: try? GTIN(code)
        case 8: (try? GTIN(code)) ?? (try? GTIN(upce: code))
        default: nil
        }
    }
}
