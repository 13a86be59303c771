import TallywireCore

/// Thresholds of locations in a field: `STORE-7#3 WH1#10+2`. No location's code contains `#` or `+`.
extension CSVField {
    /// Returns the thresholds, in order of location, or the word for none.
    static func text(_ thresholds: [ThresholdChange]) -> String {
        let texts = thresholds.compactMap { threshold in
            threshold.rule.map { "\(threshold.location)#\($0.threshold)\($0.rearm == 0 ? "" : "+\($0.rearm)")" }
        }
        return texts.isEmpty ? none : texts.joined(separator: " ")
    }

    /// Reads the text of ``text(_:)-([ThresholdChange])``; `nil` if it is another.
    static func thresholds(_ text: String) -> [ThresholdChange]? {
        if text.lowercased() == none { return [] }
        var thresholds: [ThresholdChange] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop { $0.properties.isWhitespace }
            if rest.isEmpty { return thresholds }
            // A code may contain spaces, and its end is the `#`.
            let code = rest.prefix { $0 != "#" }
            let rule = rest.dropFirst(code.count + 1).prefix { !$0.properties.isWhitespace }
            rest = rest.dropFirst(code.count + 1 + rule.count)
            let numbers = String(rule).split(separator: "+", omittingEmptySubsequences: false).map { Int64($0) }
            guard (1...2).contains(numbers.count), let low = numbers[0], let rearm = numbers.count == 2 ? numbers[1] : 0 else {
                return nil
            }
            thresholds.append(
                ThresholdChange(location: String(code).keyForm, rule: AlertRule(threshold: low, rearm: rearm)))
        }
    }
}
