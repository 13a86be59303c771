/// Finds the known name that somebody probably meant by an unknown one.
public enum Suggestion {
    /// The candidate that is most similar to `text`. It differs by at most two typing errors (a swap of neighbours is one), or one
    /// of the two texts begins with the other. Only the first 64 Unicode scalars count.
    public static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
        let wanted = letters(of: text)
        guard !wanted.isEmpty else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let letters = Self.letters(of: candidate)
            var distance = typingErrors(wanted, letters)
            // Two errors in a word of three letters make another word.
            if distance > 2 || distance * 2 > letters.count {
                guard min(wanted.count, letters.count) >= 3, letters.starts(with: wanted) || wanted.starts(with: letters)
                else { continue }
                distance = 3
            }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// `, did you mean “…”?`, or nothing.
    public static func hint(for text: String, among candidates: some Sequence<String>) -> String {
        nearest(to: text, among: candidates).map { ", did you mean “\($0)”?" } ?? ""
    }

    /// Unicode scalars, since those of a text from outside may all form one character, which takes long to compare.
    private static func letters(of text: String) -> [Unicode.Scalar] {
        Array(String(String.UnicodeScalarView(text.unicodeScalars.prefix(64))).lowercased().unicodeScalars)
    }

    /// The Damerau-Levenshtein distance in its restricted form (optimal string alignment).
    static func typingErrors(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
