extension Scan {
    /// Returns a scanner's data for a symbol of `symbology` with `content`. The data begins with the symbology identifier.
    ///
    /// Element strings are checked and then used unchanged, with superfluous separators. For simulators, and for tests of code that
    /// reads scans.
    ///
    /// - Throws: ``GS1Error`` if the symbology cannot carry the content, or an element string is wrong.
    public static func data(
        for content: SymbolContent, in symbology: Symbology, options: ParsingOptions = .strict
    ) throws(GS1Error) -> String {
        switch (content, symbology) {
        case (.elementString(let linear, let composite), .gs1Code128),
            (.elementString(let linear, let composite), .gs1Code128Composite),
            (.elementString(let linear, let composite), .dataBarExpanded):
            let identifier = composite == nil && symbology != .dataBarExpanded ? "]C1" : "]e0"
            return try identifier + joined(linear, composite, options: options)
        case (.elementString(let linear, nil), .qrCode): return try "]Q3" + joined(linear, nil, options: options)
        case (.elementString(let linear, nil), .dataMatrix): return try "]d2" + joined(linear, nil, options: options)
        case (.elementString(let linear, nil), .dotCode): return try "]J1" + joined(linear, nil, options: options)
        case (.elementString(let linear, let composite), _):
            // The other symbologies hold only a GTIN, which may be given as (01).
            let elements = try GS1Message.elements(of: Array(linear.utf8).span, from: 0, options: options)
            guard elements.count == 1, elements[0].applicationIdentifier == .gtin else { throw unfit(symbology) }
            return try data(for: .tradeItem(GTIN(elements[0].value), composite: composite), in: symbology, options: options)
        case (.tradeItem(let gtin, let composite), _):
            return try tradeItem(gtin, composite, in: symbology, options: options)
        case (.text(let text), .qrCode): return "]Q1" + text
        case (.text(let text), .dataMatrix): return "]d1" + text
        case (.text(let text), .dotCode): return "]J0" + text
        case (.text(let text), .code128): return "]C0" + text
        case (.text, _): throw unfit(symbology)
        }
    }

    private static func tradeItem(
        _ gtin: GTIN, _ composite: String?, in symbology: Symbology, options: ParsingOptions
    ) throws(GS1Error) -> String {
        let first = [Element(.gtin, gtin.digits14)]
        if let composite {
            let added = try GS1Message.elements(of: Array(composite.utf8).span, from: 0, options: options)
            _ = try GS1Message(checked: first + added, options: options)
        }
        let behind = composite.map { compositeMark + $0 } ?? ""
        switch symbology {
        case .ean13:
            if let digits = gtin.gtin13 { return "]E0" + digits + behind }
        case .upcA:
            if let digits = gtin.gtin12 { return "]E00" + digits + behind }
        case .upcE:
            if gtin.upce != nil, let digits = gtin.gtin12 { return "]E00" + digits + behind }
        case .ean8:
            if let digits = gtin.gtin8 { return "]E4" + digits + behind }
        case .itf where composite == nil:
            return "]I1" + gtin.digits14
        case .dataBarLimited where gtin.indicator > 1: break
        case .dataBarOmnidirectional, .dataBarLimited:
            return "]e001" + gtin.digits14 + (composite ?? "")
        default: break
        }
        throw unfit(symbology)
    }

    /// Both element strings as one. There is a separator between them if one is needed.
    private static func joined(_ linear: String, _ composite: String?, options: ParsingOptions) throws(GS1Error) -> String {
        let elements = try GS1Message.elements(of: Array(linear.utf8).span, from: 0, options: options)
        let added =
            try composite.map { text throws(GS1Error) in
                try GS1Message.elements(of: Array(text.utf8).span, from: 0, options: options)
            } ?? []
        _ = try GS1Message(checked: elements + added, options: options)
        guard let composite, let last = elements.last else { return linear }
        return linear + (GS1Message.needsSeparator(last.applicationIdentifier) ? "\u{1D}" : "") + composite
    }

    private static func unfit(_ symbology: Symbology) -> GS1Error {
        GS1Error(.unfitForSymbology, expected: "content that a symbol of \(symbology.rawValue) can carry")
    }
}

extension GS1Message {
    /// Returns a scanner's data for a symbol of `symbology` with this message. The data begins with the symbology identifier.
    ///
    /// In a symbology that holds only a GTIN, the elements after the GTIN belong to a composite component.
    ///
    /// - Throws: ``GS1Error`` if a symbol of this symbology cannot hold the message.
    public func scanData(in symbology: Symbology, options: ParsingOptions = .strict) throws(GS1Error) -> String {
        switch symbology {
        case .gs1Code128, .gs1Code128Composite, .dataBarExpanded, .qrCode, .dataMatrix, .dotCode:
            return try Scan.data(for: .elementString(elementString), in: symbology, options: options)
        default:
            guard let first = elements.first, first.applicationIdentifier == .gtin else {
                throw GS1Error(.unfitForSymbology, expected: "(01) as the first element, in a symbol of \(symbology.rawValue)")
            }
            let rest = elements.dropFirst()
            let unchecked: ParsingOptions = {
                var lenient = options; lenient.checksCompanions = false; return lenient
            }()
            let composite = rest.isEmpty ? nil : try GS1Message(checked: Array(rest), options: unchecked).elementString
            return try Scan.data(for: .tradeItem(GTIN(first.value), composite: composite), in: symbology, options: options)
        }
    }
}
