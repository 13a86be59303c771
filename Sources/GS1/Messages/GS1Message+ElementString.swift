extension GS1Message {
    /// The separator between elements, as scanners send it: FNC1 becomes the ASCII character GS.
    public static let separator: UInt8 = 0x1D

    /// Reads an element string: identifiers and values in a row, with a GS after values of variable length.
    ///
    /// Superfluous separators are skipped, even several in a row. The text has no symbology identifier: for a scanner's data with
    /// one, see ``Scan``.
    ///
    /// - Throws: ``GS1Error``; its position counts bytes from the start of `text`.
    public init(elementString text: some StringProtocol, options: ParsingOptions = .strict) throws(GS1Error) {
        try self.init(elementString: Array(text.utf8).span, options: options)
    }

    /// Reads an element string as bytes.
    public init(elementString bytes: [UInt8], options: ParsingOptions = .strict) throws(GS1Error) {
        try self.init(elementString: bytes.span, options: options)
    }

    init(elementString bytes: Span<UInt8>, options: ParsingOptions) throws(GS1Error) {
        try self.init(checked: Self.elements(of: bytes, from: 0, options: options), options: options)
    }

    /// The elements from `start` on. Each is checked by itself.
    static func elements(of bytes: Span<UInt8>, from start: Int, options: ParsingOptions) throws(GS1Error) -> [Element] {
        try checkSize(bytes.count, from: start)
        var elements: [Element] = []
        elements.reserveCapacity(8)
        let table = SyntaxDictionary.standard
        var position = start
        while position < bytes.count {
            if bytes[position] == separator {
                position += 1
                continue
            }
            guard elements.count < maximumElementCount else { throw tooManyElements(at: position) }
            let identifier = try identifier(in: bytes, at: position, table: table)
            let valueStart = position + Int(identifier.digitCount)
            let definition = table.index(of: identifier)
            let end = end(of: bytes, from: valueStart, fixed: table.predefinedLength(prefix: identifier.prefix))
            do throws(GS1Error) {
                let value = bytes.extracting(valueStart..<end)
                if let definition {
                    try check(value, of: identifier, definition: definition, in: table)
                } else {
                    try check(value, of: identifier, options: options)
                }
            } catch {
                let start = error.reason == .unknownApplicationIdentifier ? position : valueStart
                throw error.moved(by: start)
            }
            elements.append(Element(identifier, text(bytes, valueStart..<end), at: position))
            position = end
        }
        guard !elements.isEmpty else { throw GS1Error(.empty, at: start, expected: "at least one element") }
        return elements
    }

    /// The identifier that begins at `position`. Its first two digits say how many digits it has.
    @inline(__always)
    private static func identifier(in bytes: Span<UInt8>, at position: Int, table: SyntaxDictionary) throws(GS1Error)
        -> ApplicationIdentifier
    {
        guard let two = ApplicationIdentifier(bytes, in: position..<min(position + 2, bytes.count)) else {
            throw GS1Error(.notAnApplicationIdentifier, at: position, expected: "the digits of an application identifier")
        }
        guard let count = table.digitCount(prefix: two.prefix) else {
            throw GS1Error(
                .unknownApplicationIdentifier, in: two, at: position, expected: "one that the GS1 General Specifications have")
        }
        if count == 2 { return two }
        guard let whole = ApplicationIdentifier(bytes, in: position..<min(position + count, bytes.count)),
            whole.digitCount == count
        else {
            throw GS1Error(
                .notAnApplicationIdentifier, at: position, expected: "the \(count) digits of an application identifier")
        }
        return whole
    }

    /// The index at which the value ends: after a predefined number of characters, at a separator, or at the end of the data.
    @inline(__always)
    private static func end(of bytes: Span<UInt8>, from start: Int, fixed: Int?) -> Int {
        let limit = fixed.map { min(start + $0, bytes.count) } ?? bytes.count
        var end = start
        while end < limit, bytes[end] != separator { end += 1 }
        return end
    }

    /// The message as an element string, with a GS after values of variable length except the last: the shortest form.
    public var elementString: String {
        var output: [UInt8] = []
        output.reserveCapacity(elements.reduce(0) { $0 + 5 + $1.value.utf8.count })
        for (index, element) in elements.enumerated() {
            element.applicationIdentifier.append(to: &output)
            output.append(contentsOf: element.value.utf8)
            if index < elements.count - 1, Self.needsSeparator(element.applicationIdentifier) { output.append(Self.separator) }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
