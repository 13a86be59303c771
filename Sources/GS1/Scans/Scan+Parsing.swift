extension Scan {
    /// Reads a scanner's data, with its AIM symbology identifier: `]C101095212345432131017AB-123`.
    ///
    /// - Throws: ``GS1Error``; its position counts bytes from the start of `text`, the symbology identifier included.
    public init(_ text: some StringProtocol, options: ParsingOptions = .strict) throws(GS1Error) {
        try self.init(Array(text.utf8), options: options)
    }

    /// Reads a scanner's data as bytes.
    public init(_ bytes: [UInt8], options: ParsingOptions = .strict) throws(GS1Error) {
        guard let identifier = SymbologyIdentifier(bytes) else {
            throw GS1Error(.unknownSymbology, at: 0, expected: "three characters like ]C1 before the data")
        }
        // Text has no rules of its own, so this is its only limit.
        if bytes.count > 3 { try GS1Message.checkSize(bytes.count) }
        self.identifier = identifier
        if identifier.carriesElementStrings {
            content = .elementString(
                try GS1Message(checked: GS1Message.elements(of: bytes.span, from: 3, options: options), options: options))
            return
        }
        switch identifier.symbology {
        // An add-on of two or five digits without its symbol identifies nothing.
        case .ean13 where [UInt8(ascii: "1"), UInt8(ascii: "2")].contains(identifier.modifier): content = .text(Array(bytes[3...]))
        case .ean13, .ean8: content = try Self.retail(bytes, identifier, options: options)
        case .itf: content = Self.itf14(bytes) ?? .text(Array(bytes[3...]))
        default: content = try Self.linkOrText(bytes, options: options)
        }
    }

    /// The digits of an EAN or UPC symbol, which may be followed by an add-on, or by a composite component as `|]e0` and an element
    /// string.
    private static func retail(
        _ bytes: [UInt8], _ identifier: SymbologyIdentifier, options: ParsingOptions
    ) throws(GS1Error) -> Content {
        let count = identifier.symbology == .ean8 ? 8 : 13
        guard bytes.count >= 3 + count else {
            throw GS1Error(.unfitForSymbology, at: bytes.count, expected: "\(count) digits after \(identifier)")
        }
        if let wrong = bytes[3..<(3 + count)].firstIndex(where: { !$0.isDigit }) {
            throw GS1Error(.unfitForSymbology, at: wrong, expected: "\(count) digits after \(identifier)")
        }
        let gtin: GTIN
        do throws(GS1Error) {
            gtin = try GTIN(String(decoding: bytes[3..<(3 + count)], as: UTF8.self))
        } catch {
            throw GS1Error(error.reason, at: 3 + count - 1, expected: error.expected)
        }
        var elements = [Element(.gtin, gtin.digits14, at: 3)]
        let rest = bytes[(3 + count)...]
        if rest.isEmpty { return .tradeItem(addOn: nil, try GS1Message(checked: elements, options: options)) }
        if rest.starts(with: compositeMark.utf8) {
            let start = 3 + count + compositeMark.utf8.count
            elements += try GS1Message.elements(of: bytes.span, from: start, options: options)
            return .tradeItem(addOn: nil, try GS1Message(checked: elements, options: options))
        }
        // ]E3: the main symbol and its add-on in one.
        if identifier.modifier == UInt8(ascii: "3"), [2, 5].contains(rest.count), rest.allSatisfy(\.isDigit) {
            let addOn = String(decoding: rest, as: UTF8.self)
            return .tradeItem(addOn: addOn, try GS1Message(checked: elements, options: options))
        }
        throw GS1Error(
            .unfitForSymbology, at: 3 + count,
            expected: "nothing after \(count) digits but a composite component as \(compositeMark)")
    }

    /// The mark between the digits of an EAN or UPC symbol and a composite component.
    static let compositeMark = "|]e0"

    /// ITF-14: fourteen digits with a correct check digit. Data of another length is not GS1's.
    private static func itf14(_ bytes: [UInt8]) -> Content? {
        guard bytes.count == 3 + 14, let gtin = try? GTIN(String(decoding: bytes[3...], as: UTF8.self)),
            let message = try? GS1Message(checked: [Element(.gtin, gtin.digits14, at: 3)], options: .strict)
        else { return nil }
        return .tradeItem(addOn: nil, message)
    }

    /// A URI with a scheme in lower or upper case has to be a GS1 Digital Link. Everything else is text.
    private static func linkOrText(_ bytes: [UInt8], options: ParsingOptions) throws(GS1Error) -> Content {
        let data = bytes[3...]
        guard DigitalLinkParser.schemes.contains(where: { data.starts(with: $0) }) else { return .text(Array(data)) }
        do throws(GS1Error) {
            let message = try GS1Message(digitalLink: Array(data), options: options)
            return .digitalLink(String(decoding: data, as: UTF8.self), message)
        } catch {
            throw error.moved(by: 3)
        }
    }
}
