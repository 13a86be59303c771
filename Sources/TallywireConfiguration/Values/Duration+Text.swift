import TallywireCore

extension Duration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a duration of plugins.json: a whole number and one of the units `ms`, `s`, `m`, `h` and `d` (24 hours), such as
    /// `"500ms"`. `nil` if the text is not a duration or does not fit 63 bits of milliseconds.
    public init?(configuration text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let count = Int64(digits), let scale = Self.units.first(where: { $0.name == unit })?.milliseconds else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// The duration as plugins.json writes it, in the largest unit that gives a whole number. Fractions of a millisecond are cut
    /// off.
    public var configurationText: String {
        let milliseconds = wholeMilliseconds
        let fitting = Self.units.last { milliseconds >= $0.milliseconds && milliseconds % $0.milliseconds == 0 }
        guard let unit = fitting else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
