import GS1

extension Barcode {
    /// All ways of writing a code that mean the same item, `code` itself first: the forms of a GTIN with more or fewer leading
    /// zeros, and UPC-E beside the UPC-A that it stands for. A code that is not a GTIN has one form.
    ///
    /// Eight digits are a GTIN-8 if their check digit is right for one. Otherwise they are a UPC-E, if that is one of number system
    /// 0 or 1.
    public static func forms(of code: String) -> [String] {
        guard let gtin = gtin(of: code) else { return [code] }
        return [code] + (gtin.allForms + [gtin.typedUPCE].compactMap(\.self)).filter { $0 != code }
    }

    /// The part that all forms of `code` have in common: the fourteen digits of a GTIN, or the code itself.
    static func itemKey(of code: String) -> String { gtin(of: code)?.digits14 ?? code }

    /// The GTIN of which `code` is a form; `nil` if the code is not a GTIN.
    private static func gtin(of code: String) -> GTIN? {
        switch code.utf8.count {
        case 12, 13, 14: try? GTIN(code)
        case 8: (try? GTIN(code)) ?? (try? GTIN(upce: code))
        default: nil
        }
    }
}
