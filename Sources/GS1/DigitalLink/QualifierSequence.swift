/// Which qualifiers may follow a primary key in the path of a URI, and in which order.
enum QualifierSequence {
    /// Whether `path`, a key and what follows it, is one of the sequences allowed: the qualifiers of one alternative in its order, any
    /// of them left out.
    static func isAllowed(_ path: [ApplicationIdentifier]) -> Bool {
        guard let key = path.first, let alternatives = key.definition?.qualifiers else { return false }
        let qualifiers = path.dropFirst()
        return qualifiers.isEmpty || alternatives.contains { isSubsequence(qualifiers, of: $0) }
    }

    private static func isSubsequence(_ part: ArraySlice<ApplicationIdentifier>, of whole: [ApplicationIdentifier]) -> Bool {
        var rest = part
        for identifier in whole where identifier == rest.first { rest = rest.dropFirst() }
        return rest.isEmpty
    }

    /// Whether `identifier` could stand somewhere in `path` after its key.
    static func accepts(_ identifier: ApplicationIdentifier, in path: [ApplicationIdentifier]) -> Bool {
        guard !path.isEmpty else { return false }
        return (1...path.count).contains { index in
            var longer = path
            longer.insert(identifier, at: index)
            return isAllowed(longer)
        }
    }

    /// The alternative of `key` that has most of `identifiers`; of several, the first.
    static func best(for key: ApplicationIdentifier, among identifiers: Set<ApplicationIdentifier>) -> [ApplicationIdentifier] {
        var best: [ApplicationIdentifier] = []
        for alternative in key.definition?.qualifiers ?? [] {
            let present = alternative.filter { identifiers.contains($0) }
            if present.count > best.count { best = present }
        }
        return best
    }
}
