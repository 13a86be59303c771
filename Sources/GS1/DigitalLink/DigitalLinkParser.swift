/// Reads a GS1 Digital Link URI: `https://example.com/some/stem/01/09521234543213/10/AB-123?17=271231`.
///
/// GS1 Digital Link Standard: URI Syntax. The path ends with pairs of an identifier and a value. The first pair is a primary key,
/// and the others are its qualifiers, in order. The query has attributes. Other parameters of the query, and the fragment, are
/// ignored.
struct DigitalLinkParser {
    /// The beginnings of a URI. Scanners also send them in upper case, since upper case takes less space in QR codes.
    static let schemes = ["https://", "http://", "HTTPS://", "HTTP://"].map { Array($0.utf8) }

    private let options: ParsingOptions
    private(set) var elements: [Element] = []
    private var path: [ApplicationIdentifier] = []

    init(options: ParsingOptions) {
        self.options = options
    }

    mutating func read(_ bytes: Span<UInt8>) throws(GS1Error) {
        try GS1Message.checkSize(bytes.count)
        for index in 0..<bytes.count where !PercentEncoding.isURICharacter(bytes[index]) {
            throw GS1Error(.malformedURI, at: index, expected: "characters that a URI may have")
        }
        let pathStart = try Self.pathStart(in: bytes)
        let fragment = Self.first(UInt8(ascii: "#"), in: bytes, pathStart..<bytes.count)
        let query = Self.first(UInt8(ascii: "?"), in: bytes, pathStart..<fragment)
        try readPath(bytes, pathStart..<query)
        if query < fragment { try readQuery(bytes, (query + 1)..<fragment) }
    }

    /// The index at which the path begins, after a scheme and a host.
    private static func pathStart(in bytes: Span<UInt8>) throws(GS1Error) -> Int {
        guard
            let scheme = schemes.first(where: { scheme in
                guard bytes.count >= scheme.count else { return false }
                return scheme.indices.allSatisfy { bytes[$0] == scheme[$0] }
            })
        else {
            throw GS1Error(.malformedURI, at: 0, expected: "https:// or http://, all in one case")
        }
        let slash = first(UInt8(ascii: "/"), in: bytes, scheme.count..<bytes.count)
        for index in scheme.count..<slash where !PercentEncoding.isHostCharacter(bytes[index]) {
            throw GS1Error(.malformedURI, at: index, expected: "characters that a host may have")
        }
        guard slash > scheme.count, slash < bytes.count else {
            throw GS1Error(.malformedURI, at: slash, expected: "a host and a path")
        }
        return slash
    }

    /// The index of `byte` in `range`, or the end of `range`.
    private static func first(_ byte: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        for index in range where bytes[index] == byte { return index }
        return range.upperBound
    }
}

// MARK: - The path

extension DigitalLinkParser {
    private mutating func readPath(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(GS1Error) {
        var slashes: [Int] = []
        for index in range where bytes[index] == UInt8(ascii: "/") { slashes.append(index) }
        slashes.append(range.upperBound)

        // From the end backwards, since the part before the key is the stem, which may look like anything.
        var pairs: [(identifier: ApplicationIdentifier, at: Int, value: Range<Int>)] = []
        var last = slashes.count - 1
        var foundKey = false
        while last >= 2, !foundKey {
            let name = (slashes[last - 2] + 1)..<slashes[last - 1]
            guard let identifier = pathIdentifier(bytes, name) else { break }
            pairs.append((identifier, name.lowerBound, (slashes[last - 1] + 1)..<slashes[last]))
            foundKey = identifier.definition?.qualifiers != nil
            last -= 2
        }
        guard foundKey else {
            throw GS1Error(.noPrimaryKey, at: range.lowerBound, expected: "a path that ends with a GS1 key and its value")
        }
        for pair in pairs.reversed() {
            try add(pair.identifier, at: pair.at, value: pair.value, of: bytes, isQuery: false)
            path.append(pair.identifier)
        }
        guard QualifierSequence.isAllowed(path) else {
            let sequences = (path[0].definition?.qualifiers ?? []).map { $0.map { "(\($0))" }.joined(separator: " ") }
            throw GS1Error(
                .qualifierSequence, in: path[0], at: elements[0].position,
                expected: sequences.isEmpty
                    ? "no qualifiers" : "no qualifiers but \(sequences.joined(separator: " or ")), in this order")
        }
    }

    private func pathIdentifier(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ApplicationIdentifier? {
        if options.permitsKeyNames, (3...5).contains(range.count), !bytes[range.lowerBound].isDigit {
            return KeyNames.identifier(GS1Message.text(bytes, range))
        }
        guard let identifier = ApplicationIdentifier(bytes, in: range), isKnown(identifier) else { return nil }
        return identifier
    }

    private func isKnown(_ identifier: ApplicationIdentifier) -> Bool {
        options.permitsUnknownIdentifiers || SyntaxDictionary.standard.index(of: identifier) != nil
    }
}

// MARK: - The query

extension DigitalLinkParser {
    private mutating func readQuery(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(GS1Error) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = Self.first(UInt8(ascii: "&"), in: bytes, start..<range.upperBound)
            try readParameter(bytes, start..<end)
            start = end + 1
        }
    }

    /// Reads one parameter. A parameter whose name is not digits only belongs to the operator of the host.
    private mutating func readParameter(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(GS1Error) {
        let equals = Self.first(UInt8(ascii: "="), in: bytes, range)
        let name = range.lowerBound..<equals
        guard equals < range.upperBound, !name.isEmpty, name.allSatisfy({ bytes[$0].isDigit }) else { return }
        guard let identifier = ApplicationIdentifier(bytes, in: name), isKnown(identifier) else {
            throw GS1Error(
                .unknownApplicationIdentifier, at: range.lowerBound, expected: "an application identifier, since it is digits alone"
            )
        }
        if let earlier = elements.first(where: { $0.applicationIdentifier == identifier }) {
            throw GS1Error(
                .repeated, in: identifier, at: range.lowerBound, expected: "nothing: it is at byte \(earlier.position) already")
        }
        guard identifier.definition?.isDigitalLinkAttribute ?? options.permitsUnknownAttributes else {
            throw GS1Error(.notAnAttribute, in: identifier, at: range.lowerBound, expected: "another identifier, or none")
        }
        guard !QualifierSequence.accepts(identifier, in: path) else {
            throw GS1Error(
                .belongsIntoPath, in: identifier, at: range.lowerBound, expected: "it as a qualifier behind (\(path[0]))")
        }
        try add(identifier, at: range.lowerBound, value: (equals + 1)..<range.upperBound, of: bytes, isQuery: true)
    }

    private mutating func add(
        _ identifier: ApplicationIdentifier, at position: Int, value range: Range<Int>, of bytes: Span<UInt8>, isQuery: Bool
    ) throws(GS1Error) {
        guard elements.count < GS1Message.maximumElementCount else { throw GS1Message.tooManyElements(at: position) }
        var value = try PercentEncoding.decode(bytes, range, isQuery: isQuery)
        let padding = options.permitsShortGTINs && identifier == .gtin && [8, 12, 13].contains(value.count) ? 14 - value.count : 0
        value.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: padding), at: 0)
        do throws(GS1Error) {
            try GS1Message.check(value.span, of: identifier, options: options)
        } catch {
            let offset = max(0, (error.position ?? 0) - padding)
            let place =
                error.reason == .unknownApplicationIdentifier
                ? position : PercentEncoding.position(of: offset, in: bytes, from: range.lowerBound)
            throw GS1Error(error.reason, in: identifier, at: place, expected: error.expected)
        }
        elements.append(Element(identifier, String(decoding: value, as: UTF8.self), at: position))
    }
}
