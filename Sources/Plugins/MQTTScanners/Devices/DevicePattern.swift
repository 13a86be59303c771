import TallywirePipeline

/// A device's name, or a pattern for several: `*` stands for any characters, none too.
struct DevicePattern: Hashable, Sendable {
    let text: String
    private let pattern: WildcardPattern

    init(_ text: String) {
        self.text = text
        pattern = WildcardPattern(text)
    }

    /// Whether it is `*` alone, which gives what other settings leave out.
    var matchesAll: Bool { text == "*" }

    func matches(_ name: String) -> Bool { pattern.matches(name) }

    /// Whether `self` says more than `other`: a name before a pattern, then more characters, then fewer wildcards, then by text.
    func isMoreSpecific(than other: DevicePattern) -> Bool {
        func rank(_ text: String) -> (Int, Int, Int) {
            let wildcards = text.count { $0 == "*" }
            return (wildcards == 0 ? 1 : 0, text.count - wildcards, -wildcards)
        }
        let (mine, theirs) = (rank(text), rank(other.text))
        return mine == theirs ? text < other.text : mine > theirs
    }
}
