/// The table of all application identifiers, read once from ``entries``.
///
/// Looking up an identifier is an index into an array by its number; nothing is hashed and nothing allocated.
struct SyntaxDictionary: Sendable {
    /// All that are allocated, one by one (`3100` to `3105` are six), in the order of the dictionary.
    let definitions: [ApplicationIdentifier.Definition]

    /// Position in ``definitions`` by number, or -1.
    private let positions: [Int16]

    /// How many digits the identifiers have that begin with these two: 2, 3, 4, or 0 if none is allocated.
    private let digitCounts: [UInt8]

    /// Lengths of values that are predefined by the first two digits, whatever follows: figure "Element strings with predefined
    /// length using GS1 Application Identifiers" of the General Specifications. They hold for identifiers not yet allocated, too.
    private let predefinedLengths: [UInt8]

    /// That of the release this module was built from.
    static let standard = SyntaxDictionary(entries)

    /// Reads entries in the form of GS1's Barcode Syntax Dictionary.
    ///
    /// - Precondition: they are well formed; what is embedded here is compared with its source by a test.
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

    /// Position of the identifier in ``definitions``; nil if it is not allocated.
    @inline(__always)
    func index(of identifier: ApplicationIdentifier) -> Int? {
        let position = positions[Int(identifier.number)]
        guard position >= 0, definitions[Int(position)].applicationIdentifier.digitCount == identifier.digitCount else {
            return nil
        }
        return Int(position)
    }

    /// How many digits the identifier has that begins with these two; nil if none is allocated that does.
    @inline(__always)
    func digitCount(prefix: Int) -> Int? {
        let count = digitCounts[prefix]
        return count > 0 ? Int(count) : nil
    }

    /// How long the values of identifiers are that begin with these two digits, where that is predefined.
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
