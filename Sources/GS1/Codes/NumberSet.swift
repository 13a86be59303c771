/// Sets of numbers from 000 to 999, as arrays for look-ups without hashing.
enum NumberSet {
    /// Reads numbers of three digits with spaces between them.
    static func threeDigits(_ text: String) -> [Bool] {
        var found = [Bool](repeating: false, count: 1000)
        for number in text.split(separator: " ").compactMap({ Int($0) }) { found[number] = true }
        return found
    }
}
