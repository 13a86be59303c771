extension ApplicationIdentifier {
    /// The definition of an application identifier in the GS1 General Specifications: its format, its companions, its place in a
    /// URI.
    public struct Definition: Hashable, Sendable {
        /// The identifier itself.
        public let applicationIdentifier: ApplicationIdentifier

        /// The short title of the table, like `BATCH/LOT`. Empty for coupons, which have none.
        public let title: String

        /// The components of the value, in order. Only the last may have a variable length.
        public let components: [Component]

        /// Whether the length is predefined, so that no separator has to follow the value in an element string.
        public let hasPredefinedLength: Bool

        /// Whether the identifier may be an attribute in the query of a GS1 Digital Link URI.
        public let isDigitalLinkAttribute: Bool

        /// The sequences of qualifiers that may follow the identifier in the path of a GS1 Digital Link URI. Any qualifier of a
        /// sequence may be left out. Nil if the identifier is not a primary key.
        public let qualifiers: [[ApplicationIdentifier]]?

        /// The companions that the identifier needs: of every requirement, all members of at least one group.
        public let requirements: [[[Pattern]]]

        /// The identifiers that may not occur together with this one.
        public let exclusions: [Pattern]

        /// The fewest characters of a value.
        public let minimumLength: Int

        /// The most characters of a value.
        public let maximumLength: Int
    }

    /// One identifier, or all identifiers that share the digits before an `n`, like `31nn`.
    public struct Pattern: Hashable, Sendable {
        let lowest: UInt16
        let highest: UInt16

        /// Reads the dictionary's form: two to four digits, the last of which may be `n`.
        init?(_ text: some StringProtocol) {
            guard let low = ApplicationIdentifier(String(text.map { $0 == "n" ? "0" : $0 })),
                let high = ApplicationIdentifier(String(text.map { $0 == "n" ? "9" : $0 }))
            else { return nil }
            (lowest, highest) = (low.number, high.number)
        }

        /// Whether the pattern includes `identifier`.
        @inline(__always)
        public func matches(_ identifier: ApplicationIdentifier) -> Bool {
            lowest <= identifier.number && identifier.number <= highest
        }
    }
}

extension ApplicationIdentifier.Pattern: CustomStringConvertible {
    /// The form of the tables of the General Specifications, like `01` or `31nn`.
    public var description: String {
        let digits = lowest < 100 ? 2 : lowest < 1000 ? 3 : 4
        let text = DigitKey.write(UInt64(lowest), count: digits)
        let open = highest == lowest ? 0 : highest - lowest == 9 ? 1 : highest - lowest == 99 ? 2 : 3
        return text.dropLast(open) + String(repeating: "n", count: open)
    }
}
