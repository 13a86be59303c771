/// Finds what somebody may have meant.
enum Suggestion {
    /// The candidate that is nearest to `word`, if it is near enough to be a slip: at most a third of its letters differ.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        // Longer than any name here: not a slip, and not worth the comparison.
        guard word.utf8.count <= 40 else { return nil }
        let best = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let (candidate, distance) = best, distance <= max(1, candidate.utf8.count / 3) else { return nil }
        return candidate
    }

    /// The optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
