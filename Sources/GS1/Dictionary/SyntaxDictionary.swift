/// The table of all application identifiers, read once from ``entries``.
///
/// Looking up an identifier is an index into an array by its number. Nothing is hashed, and no memory is allocated.
struct SyntaxDictionary: Sendable {
    /// All allocated identifiers, one by one (`3100` to `3105` are six), in the order of the dictionary.
    let definitions: [ApplicationIdentifier.Definition]

    /// Position in ``definitions`` by number, or -1.
    private let positions: [Int16]

    /// By their first two digits, how many digits identifiers have: 2, 3, 4, or 0 if none is allocated.
    private let digitCounts: [UInt8]

    /// The predefined lengths of values by the first two digits, whatever follows: figure "Element strings with predefined length
    /// using GS1 Application Identifiers" of the General Specifications. They also apply to identifiers that are not allocated yet.
    private let predefinedLengths: [UInt8]

    /// The dictionary of the release from which this module was built.
    static let standard = SyntaxDictionary(entries)

    /// Reads entries in the form of GS1's Barcode Syntax Dictionary.
    ///
    /// - Precondition: the entries are well formed. A test compares the embedded entries with their source.
    init(_ text: String) {
        var definitions: [ApplicationIdentifier.Definition] = []
        var positions = [Int16](repeating: -1, count: 10_000)
        var digitCounts = [UInt8](repeating: 0, count: 100)
        for line in text.split(separator: "\n") {
            guard let entries = Self.definitions(of: line) else { preconditionFailure("not a dictionary entry: \(line)") }
            for entry in entries {
                let identifier = entry.applicationIdentifier
                positions[Int(identifier.number)] = Int16(definitions.count)
                digitCounts[identifier.prefix] = identifier.digitCount
                definitions.append(entry)
            }
        }
        var lengths = [UInt8](repeating: 0, count: 100)
        let predefined: [(ClosedRange<Int>, UInt8)] = [
            (0...0, 18), (1...3, 14), (4...4, 16), (11...19, 6), (20...20, 2), (31...36, 6), (41...41, 13),
        ]
        for (prefixes, length) in predefined {
            for prefix in prefixes { lengths[prefix] = length }
        }
        (self.definitions, self.positions, self.digitCounts) = (definitions, positions, digitCounts)
        predefinedLengths = lengths
    }

    /// The index of the identifier in ``definitions``; nil if it is not allocated.
    @inline(__always)
    func index(of identifier: ApplicationIdentifier) -> Int? {
        let position = positions[Int(identifier.number)]
        guard position >= 0, definitions[Int(position)].applicationIdentifier.digitCount == identifier.digitCount else {
            return nil
        }
        return Int(position)
    }

    /// How many digits an identifier with these first two digits has; nil if none is allocated.
    @inline(__always)
    func digitCount(prefix: Int) -> Int? {
        let count = digitCounts[prefix]
        return count > 0 ? Int(count) : nil
    }

    /// The predefined length of the values of identifiers with these first two digits; nil if the length is not predefined.
    func predefinedLength(prefix: Int) -> Int? {
        let length = predefinedLengths[prefix]
        return length > 0 ? Int(length) : nil
    }
}

extension ApplicationIdentifier {
    /// The first two digits.
    @inline(__always)
    var prefix: Int {
        Int(digitCount == 2 ? number : digitCount == 3 ? number / 10 : number / 100)
    }
}
