/// A device's name, or a pattern for several: `*` stands for any characters, none too.
struct DevicePattern: Hashable, Sendable {
    let text: String
    private let pieces: [Substring]

    init(_ text: String) {
        self.text = text
        pieces = text.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// Whether it is `*` alone, which gives what other settings leave out.
    var matchesAll: Bool { text == "*" }

    func matches(_ name: String) -> Bool {
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return name == text }
        guard name.count >= first.count + last.count, name.hasPrefix(first), name.hasSuffix(last) else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        // Each piece at its first place: if any choice of places works, this one does.
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// Whether `self` says more than `other`: a name before a pattern, then more characters, then fewer wildcards, then by text.
    func isMoreSpecific(than other: DevicePattern) -> Bool {
        func rank(_ pattern: DevicePattern) -> (Int, Int, Int) {
            let wildcards = pattern.pieces.count - 1
            return (wildcards == 0 ? 1 : 0, pattern.text.count - wildcards, -wildcards)
        }
        let (mine, theirs) = (rank(self), rank(other))
        return mine == theirs ? text < other.text : mine > theirs
    }
}
