extension GS1Message {
    /// Reads bracketed text like `(01)09521234543213(10)AB-123`: the form for people, which is printed below a symbol.
    ///
    /// An opening bracket within a value is written as `\(`.
    ///
    /// - Throws: ``GS1Error``; its position counts bytes from the start of `text`.
    public init(bracketed text: some StringProtocol, options: ParsingOptions = .strict) throws(GS1Error) {
        try self.init(bracketed: Array(text.utf8), options: options)
    }

    /// Reads bracketed text as bytes.
    public init(bracketed bytes: [UInt8], options: ParsingOptions = .strict) throws(GS1Error) {
        try Self.checkSize(bytes.count)
        let span = bytes.span
        var elements: [Element] = []
        var position = 0
        while position < bytes.count {
            guard elements.count < Self.maximumElementCount else { throw Self.tooManyElements(at: position) }
            let (identifier, valueStart) = try Self.bracketedIdentifier(in: span, at: position)
            let (value, end) = Self.bracketedValue(in: span, at: valueStart)
            do throws(GS1Error) {
                try Self.check(value.span, of: identifier, options: options)
            } catch {
                let isUnknown = error.reason == .unknownApplicationIdentifier
                throw error.moved(
                    by: isUnknown ? position : Self.escapes(in: span, from: valueStart, before: error.position) + valueStart)
            }
            elements.append(Element(identifier, String(decoding: value, as: UTF8.self), at: position))
            position = end
        }
        try self.init(checked: elements, options: options)
    }

    private static func bracketedIdentifier(in bytes: Span<UInt8>, at start: Int) throws(GS1Error) -> (ApplicationIdentifier, Int) {
        guard bytes[start] == UInt8(ascii: "(") else {
            throw GS1Error(.malformedBrackets, at: start, expected: "an opening bracket and an application identifier")
        }
        var end = start + 1
        // Four digits and the character after them are enough to see whether there is an identifier.
        while end < bytes.count, end - start <= 5, bytes[end] != UInt8(ascii: ")") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ")"),
            let identifier = ApplicationIdentifier(bytes, in: (start + 1)..<end)
        else {
            throw GS1Error(.malformedBrackets, at: start, expected: "two to four digits between brackets")
        }
        return (identifier, end + 1)
    }

    /// The value that begins at `start`, without escapes, and the index at which it ends.
    private static func bracketedValue(in bytes: Span<UInt8>, at start: Int) -> ([UInt8], Int) {
        var value: [UInt8] = []
        var position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "(") {
            if isEscape(bytes, position) { position += 1 }
            value.append(bytes[position])
            position += 1
        }
        return (value, position)
    }

    /// How many escapes there are before the character at `offset` of the value that begins at `start`.
    private static func escapes(in bytes: Span<UInt8>, from start: Int, before offset: Int?) -> Int {
        var count = 0
        var position = start
        var left = offset ?? 0
        while position < bytes.count, left > 0 {
            if isEscape(bytes, position) {
                count += 1
                position += 1
            }
            position += 1
            left -= 1
        }
        return count
    }

    private static func isEscape(_ bytes: Span<UInt8>, _ position: Int) -> Bool {
        bytes[position] == UInt8(ascii: "\\") && position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "(")
    }

    /// The message as bracketed text, with `\(` for an opening bracket within a value.
    public var bracketed: String {
        var output: [UInt8] = []
        for element in elements {
            output.append(UInt8(ascii: "("))
            element.applicationIdentifier.append(to: &output)
            output.append(UInt8(ascii: ")"))
            for byte in element.value.utf8 {
                if byte == UInt8(ascii: "(") { output.append(UInt8(ascii: "\\")) }
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
