import TallywireCore

/// Takes the values of an entry's `environment` out of what its program writes, before that reaches a log or an error.
///
/// Programs print what they were given, a password in a connection's URL for example. Values of fewer than ``least`` bytes stay: they
/// occur in any text.
struct Redaction: Sendable {
    /// The fewest bytes of a value that is taken out.
    static let least = 6

    private let secrets: [(name: String, value: String)]

    init(_ environment: [String: String]) {
        // Each line of a value by itself, since a program's words come in lines. The longest first, since one may contain another.
        secrets = environment.flatMap { name, value in
            value.split(whereSeparator: \.isNewline).flatMap { [(name, String($0)), (name, Self.escaped(String($0)))] }
        }
        .filter { $0.1.utf8.count >= Self.least }
        .sorted { ($0.1.utf8.count, $0.0) > ($1.1.utf8.count, $1.0) }
    }

    /// The text as a string of JSON has it.
    private static func escaped(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
    }

    /// Returns `text` with `[NAME]` in the place of each value.
    func clear(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1.value, with: "[\($1.name)]") }
    }
}
