extension GS1Message {
    /// Checks the value of an element against the format of its identifier.
    ///
    /// - Throws: an error whose position counts from the start of the value.
    static func check(_ value: Span<UInt8>, of identifier: ApplicationIdentifier, options: ParsingOptions) throws(GS1Error) {
        let table = SyntaxDictionary.standard
        if let index = table.index(of: identifier) {
            try check(value, of: identifier, definition: index, in: table)
        } else {
            try checkUnknown(value, of: identifier, in: table, options: options)
        }
    }

    /// Checks the value of an identifier whose definition is at `index` of `table`.
    @inline(__always)
    static func check(
        _ value: Span<UInt8>, of identifier: ApplicationIdentifier, definition index: Int, in table: SyntaxDictionary
    ) throws(GS1Error) {
        let minimum = table.definitions[index].minimumLength
        let maximum = table.definitions[index].maximumLength
        guard value.count > 0 else {
            throw GS1Error(.emptyValue, in: identifier, at: 0, expected: format(table.definitions[index]))
        }
        guard value.count >= minimum else {
            throw GS1Error(.valueTooShort, in: identifier, at: value.count, expected: format(table.definitions[index]))
        }
        guard value.count <= maximum else {
            throw GS1Error(.valueTooLong, in: identifier, at: maximum, expected: format(table.definitions[index]))
        }
        var offset = 0
        let components = table.definitions[index].components
        for position in components.indices {
            let left = value.count - offset
            if components[position].isOptional && left == 0 { return }
            let count = min(left, components[position].maximumLength)
            guard count >= components[position].minimumLength else {
                throw GS1Error(.valueTooShort, in: identifier, at: value.count, expected: format(table.definitions[index]))
            }
            try check(value.extracting(offset..<(offset + count)), as: components[position], at: offset, of: identifier)
            offset += count
        }
        guard offset == value.count else {
            throw GS1Error(.valueTooLong, in: identifier, at: offset, expected: format(table.definitions[index]))
        }
    }

    @inline(__always)
    private static func check(
        _ part: Span<UInt8>, as component: ApplicationIdentifier.Component, at offset: Int, of identifier: ApplicationIdentifier
    ) throws(GS1Error) {
        let characters = component.characters
        if characters == .z {
            if let finding = Linter.cset64.finding(in: part) { throw error(finding, of: .cset64, at: offset, in: identifier) }
        } else {
            for index in 0..<part.count where !characters.contains(part[index]) {
                let finding = characters.linter.finding(in: part) ?? Linter.Finding(.notCharacterSet82, at: index)
                throw error(finding, of: characters.linter, at: offset, in: identifier)
            }
        }
        for linter in component.linters {
            if let finding = linter.finding(in: part) { throw error(finding, of: linter, at: offset, in: identifier) }
        }
    }

    private static func error(
        _ finding: Linter.Finding, of linter: Linter, at offset: Int, in identifier: ApplicationIdentifier
    ) -> GS1Error {
        GS1Error(.content(finding.violation), in: identifier, at: offset + finding.offset, expected: "\(linter)")
    }

    private static func checkUnknown(
        _ value: Span<UInt8>, of identifier: ApplicationIdentifier, in table: SyntaxDictionary, options: ParsingOptions
    ) throws(GS1Error) {
        // If identifiers with these two digits have another length, this one can never be allocated.
        let digitCount = table.digitCount(prefix: identifier.prefix) ?? Int(identifier.digitCount)
        guard options.permitsUnknownIdentifiers, digitCount == identifier.digitCount else {
            throw GS1Error(
                .unknownApplicationIdentifier, in: identifier, at: 0, expected: "one that the GS1 General Specifications have")
        }
        guard value.count > 0 else { throw GS1Error(.emptyValue, in: identifier, at: 0, expected: "a value") }
        let length = table.predefinedLength(prefix: identifier.prefix)
        guard value.count >= length ?? 1 else {
            throw GS1Error(.valueTooShort, in: identifier, at: value.count, expected: "\(length ?? 1) characters")
        }
        guard value.count <= length ?? 90 else {
            throw GS1Error(.valueTooLong, in: identifier, at: length ?? 90, expected: "at most \(length ?? 90) characters")
        }
        if let finding = Linter.cset82.finding(in: value) { throw error(finding, of: .cset82, at: 0, in: identifier) }
    }

    /// The format as text, like `N13 [X..17], the format of GDTI`.
    private static func format(_ definition: ApplicationIdentifier.Definition) -> String {
        let format = definition.components.map(\.description).joined(separator: " ")
        return definition.title.isEmpty ? format : "\(format), the format of \(definition.title)"
    }

    /// The bytes in `range`, which are ASCII, as a string. Up to fifteen bytes need no allocation.
    @inline(__always)
    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether an element of this identifier has to be followed by a separator, unless it is the last.
    static func needsSeparator(_ identifier: ApplicationIdentifier) -> Bool {
        SyntaxDictionary.standard.predefinedLength(prefix: identifier.prefix) == nil
    }
}
