extension ApplicationIdentifier {
    /// A part of a value: its characters, its length, and the checks of its content.
    public struct Component: Hashable, Sendable {
        /// The characters of which the component consists.
        public let characters: CharacterSet

        /// The fewest characters, if the component is there at all.
        public let minimumLength: Int

        /// The most characters.
        public let maximumLength: Int

        /// Whether the component may be left out.
        public let isOptional: Bool

        /// The checks of the content, besides ``characters``.
        public let linters: [Linter]

        init(characters: CharacterSet, lengths: ClosedRange<Int>, isOptional: Bool, linters: [Linter]) {
            self.characters = characters
            minimumLength = lengths.lowerBound
            maximumLength = lengths.upperBound
            self.isOptional = isOptional
            self.linters = linters
        }

        /// Reads the dictionary's form, like `N6,yymmd0`, `X..20` or `[N..12]`; nil for any other text.
        init?(_ text: some StringProtocol) {
            let isOptional = text.hasPrefix("[")
            let parts = text.split(separator: ",").map { String($0.filter { $0 != "[" && $0 != "]" }) }
            guard let format = parts.first, let letter = format.first, let characters = CharacterSet(rawValue: String(letter))
            else { return nil }
            let length = format.dropFirst()
            let isVariable = length.hasPrefix("..")
            guard let maximum = Int(isVariable ? length.dropFirst(2) : length), maximum > 0 else { return nil }
            var linters: [Linter] = []
            for name in parts.dropFirst() {
                guard let linter = Linter(rawValue: name) else { return nil }
                linters.append(linter)
            }
            self.init(
                characters: characters, lengths: (isVariable ? 1 : maximum)...maximum, isOptional: isOptional, linters: linters)
        }
    }
}

extension ApplicationIdentifier.Component: CustomStringConvertible {
    /// The form of the tables of the General Specifications, like `N6`, `X..20` or `[N..12]`.
    public var description: String {
        let format = characters.rawValue + (minimumLength == maximumLength ? "\(maximumLength)" : "..\(maximumLength)")
        return isOptional ? "[\(format)]" : format
    }
}
