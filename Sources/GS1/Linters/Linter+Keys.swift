/// Checks of identifying values: check digits, check pairs, company prefixes.
extension Linter {
    static func checkDigit(_ data: Span<UInt8>) -> Finding? {
        guard !data.isEmpty else { return Finding(.tooShort) }
        if let finding = firstOutside(.n, data, .nonDigit) { return finding }
        return CheckDigit.isValid(data) ? nil : Finding(.checkDigit, at: data.count - 1)
    }

    static func checkPair(_ data: Span<UInt8>) -> Finding? {
        guard data.count >= 2 else { return Finding(.tooShort) }
        let count = data.count - 2
        guard count <= CheckPair.maximumLength else { return Finding(.tooLong, at: CheckPair.maximumLength) }
        let body = data.extracting(0..<count)
        if let finding = firstOutside(.x, body, .notCharacterSet82) { return finding }
        return CheckPair.pair(of: body) == (data[count], data[count + 1]) ? nil : Finding(.checkPair, at: count)
    }

    /// Checks whether a company prefix can begin at `start`: there are at least four digits.
    ///
    /// The module does not know which prefixes are allocated, which only GS1's registry says.
    static func companyPrefix(_ data: Span<UInt8>, from start: Int) -> Finding? {
        guard data.count >= start + 4 else { return Finding(.tooShort) }
        for index in start..<(start + 4) where !data[index].isDigit { return Finding(.companyPrefix, at: index) }
        return nil
    }

    static func iban(_ data: Span<UInt8>) -> Finding? {
        guard data.count >= 2 else { return Finding(.tooShort) }
        guard CountryCodes.containsLetters(data[0], data[1]) else { return Finding(.ibanCountry) }
        // The shortest IBANs are those of Norway. The longest that ISO 13616 allows have 34 characters.
        guard data.count >= 15 else { return Finding(.tooShort) }
        guard data.count <= 34 else { return Finding(.tooLong, at: 34) }
        for index in 0..<data.count where !data[index].isDigit && !(0x41...0x5A).contains(data[index]) {
            return Finding(.ibanCharacter, at: index)
        }
        // ISO 7064 modulo 97-10, over the account first, then the country and the check digits. A letter counts as two digits.
        var remainder = 0
        for index in 0..<data.count {
            let byte = data[(index + 4) % data.count]
            remainder = byte.isDigit ? remainder * 10 + Int(byte - 0x30) : remainder * 100 + Int(byte - 0x41) + 10
            remainder %= 97
        }
        return remainder == 1 ? nil : Finding(.ibanChecksum, at: 2)
    }
}
