/// Checks against lists of codes.
extension Linter {
    static func country(_ data: Span<UInt8>, orSeveral: Bool) -> Finding? {
        guard let number = threeDigits(data), CountryCodes.contains(number) || (orSeveral && number == 999) else {
            return Finding(.country)
        }
        return nil
    }

    static func countryLetters(_ data: Span<UInt8>) -> Finding? {
        data.count == 2 && CountryCodes.containsLetters(data[0], data[1]) ? nil : Finding(.countryLetters)
    }

    static func currency(_ data: Span<UInt8>) -> Finding? {
        guard let number = threeDigits(data), CurrencyCodes.contains(number) else { return Finding(.currency) }
        return nil
    }

    static func mediaType(_ data: Span<UInt8>) -> Finding? {
        guard data.count == 2, data[0].isDigit, data[1].isDigit else { return Finding(.mediaType) }
        // Types 01 to 10 are GS1's, 80 to 99 are for use by agreement.
        let type = number(data, 0..<2)
        return (1...10).contains(type) || type >= 80 ? nil : Finding(.mediaType)
    }

    static func packageType(_ data: Span<UInt8>) -> Finding? {
        PackageTypes.contains(data) ? nil : Finding(.packageType)
    }

    private static func threeDigits(_ data: Span<UInt8>) -> Int? {
        guard data.count == 3, data[0].isDigit, data[1].isDigit, data[2].isDigit else { return nil }
        return Int(number(data, 0..<3))
    }
}
