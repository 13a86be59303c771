import GS1

/// What a code or a tag says: which item, how many of it, and which of its units. The rules are the same for every way in which
/// scans come in.
public struct CodeReading: Equatable, Sendable {
    public var item: ItemReference
    /// How many items one scan of this code stands for, multiplied by the units of the catalogue's barcode.
    public var count: Int64 = 1
    public var trace = Trace()

    /// A reading of an item that is named without a code.
    public init(item: ItemReference, trace: Trace = Trace()) {
        self.item = item
        self.trace = trace
    }

    /// Reads a code as a device with these options sends it. `year` is the current year, which tells the century of a two-digit
    /// year.
    ///
    /// - Throws: ``MalformedCode`` for a code that claims to be GS1's and is not valid, and for a code that names no item.
    public init(code: String, _ options: CodeOptions = CodeOptions(), year: Int) throws(MalformedCode) {
        let code = Self.bared(code, options)
        guard !code.isEmpty else { throw MalformedCode("the code is empty") }
        if let message = try Self.message(in: code, options) {
            try self.init(message, year: year)
            return
        }
        var plain = Self.identifier(of: code) == nil ? code : String(code.dropFirst(3))
        if options.dropsZeros == true { plain = Self.zerosRestored(plain) ?? plain }
        guard plain.unicodeScalars.count <= Limits.barcodeLength else {
            throw MalformedCode("a code has at most \(Limits.barcodeLength) characters")
        }
        self.init(item: .barcode(plain), trace: Trace())
    }

    /// Reads a tag: the EPC of one item, an SGTIN. `nil` for other tags, which name no item of a catalogue.
    public init?(tag: String) {
        guard let epc = try? SGTIN(hexadecimal: tag) else { return nil }
        self.init(item: .barcode(epc.gtin.digits14), trace: Trace(serial: epc.serial))
    }

    private init(_ message: GS1Message, year: Int) throws(MalformedCode) {
        guard let gtin = message.gtin else {
            throw MalformedCode(
                message.sscc == nil
                    ? "the code \(message.bracketed) names no item: it has no GTIN, (01) or (02)"
                    : "the code \(message.bracketed) names a pallet or a parcel and not what is in it: scan the items' codes")
        }
        item = .barcode(gtin.digits14)
        count = message.count.map { Int64($0) } ?? 1
        trace = Trace(batch: message.batch, serial: message.serial, expiry: message.expiry(referenceYear: year)?.lastDay)
    }

    /// The code without the texts that the device adds, and with GS in place of the separator. White space, line ends, and the NUL
    /// with which some scanners end a code do not belong to the code.
    private static func bared(_ code: String, _ options: CodeOptions) -> String {
        var code = code
        while code.utf8.first == 0 { code.unicodeScalars.removeFirst() }
        while code.utf8.last == 0 { code.unicodeScalars.removeLast() }
        // A text that is far too long for a code is refused for its length, so it need not be normalized.
        if code.utf8.count <= 16 * Limits.barcodeLength { code = code.keyForm }
        if let prefix = options.prefix, code.hasPrefix(prefix) { code.removeFirst(prefix.count) }
        if let suffix = options.suffix, code.hasSuffix(suffix) { code.removeLast(suffix.count) }
        if let separator = options.separator, !separator.isEmpty { code = code.replacing(separator, with: "\u{1D}") }
        return code
    }

    /// The GS1 message in the code; `nil` if the code is a plain one.
    private static func message(in code: String, _ options: CodeOptions) throws(MalformedCode) -> GS1Message? {
        let mode = options.elementStrings ?? .automatic
        guard mode != .never else { return nil }
        do throws(GS1Error) {
            if let identifier = identifier(of: code) {
                // A QR code may contain any address. A code that claims to be GS1's, or a retail code, has to be valid.
                let isRetail = [.ean13, .ean8].contains(identifier.symbology)
                if isRetail, let gtin = shortRetail(code.dropFirst(3)) { return try GS1Message([Element(.gtin, gtin.digits14)]) }
                let isBound = identifier.carriesElementStrings || isRetail
                return isBound ? try GS1.Scan(code).message : (try? GS1.Scan(code))?.message
            }
            if code.utf8.contains(GS1Message.separator) {
                if options.dropsZeros == true, let message = restored(code) { return message }
                return try GS1Message(elementString: code)
            }
            if code.utf8.first == UInt8(ascii: "("), code.utf8.dropFirst().prefix(2).allSatisfy(isDigit) {
                return try GS1Message(bracketed: code)
            }
            if isGTIN(code) { return nil }
            // From here on the code may be the GS1 code that it looks like, or a plain barcode that only looks like one: an invalid
            // one is a plain barcode.
            if let message = guessed(code, options) { return message }
            if mode == .always { return try GS1Message(elementString: code) }
            return nil
        } catch {
            throw MalformedCode("the code is no proper GS1 code: \(error)")
        }
    }

    /// Scanners that send UPC-A and UPC-E as they are printed send 12 and 8 digits where the standard has 13.
    private static func shortRetail(_ digits: Substring) -> GTIN? {
        switch digits.utf8.count {
        case 12: try? GTIN(digits)
        case 8: (try? GTIN(digits)) ?? (try? GTIN(upce: digits))
        default: nil
        }
    }

    private static func guessed(_ code: String, _ options: CodeOptions) -> GS1Message? {
        let start = code.prefix(8).lowercased()
        if start == "https://" || start.hasPrefix("http://") { return try? GS1Message(digitalLink: code) }
        guard code.utf8.count > 14, code.utf8.prefix(2).allSatisfy(isDigit) else { return nil }
        if let message = try? GS1Message(elementString: code), message.gtin != nil { return message }
        return options.dropsZeros == true ? restored(code) : nil
    }

    /// The message of an element string whose leading zero was dropped.
    private static func restored(_ code: String) -> GS1Message? {
        guard let message = try? GS1Message(elementString: "0" + code), message.gtin != nil else { return nil }
        return message
    }

    /// The GTIN that a code of digits becomes when leading zeros are added; `nil` if it becomes none.
    private static func zerosRestored(_ code: String) -> String? {
        guard (6...13).contains(code.utf8.count), code.utf8.allSatisfy(isDigit), !isGTIN(code) else { return nil }
        let padded = String(repeating: "0", count: 14 - code.utf8.count) + code
        return isGTIN(padded) ? padded : nil
    }

    private static func isGTIN(_ code: String) -> Bool {
        switch code.utf8.count {
        case 8, 12, 13, 14: (try? GTIN(code)) != nil
        default: false
        }
    }

    private static func identifier(of code: String) -> SymbologyIdentifier? {
        code.utf8.first == UInt8(ascii: "]") ? SymbologyIdentifier(code.utf8) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

/// Why a code names no item: where it is wrong and what is expected there.
public struct MalformedCode: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
