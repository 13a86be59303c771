import TallywireCore
import TallywirePipeline

/// All devices' settings, by name and pattern.
struct DeviceBook: Sendable {
    /// The most specific first.
    private let entries: [(pattern: DevicePattern, settings: DeviceSettings)]
    private let fallback: DeviceSettings
    /// Devices that are named and not meant by a pattern.
    let names: [String]

    /// The names and patterns may be in any form; ``problem(with:)`` says whether two of them are one.
    init(_ devices: [String: DeviceSettings]) {
        let devices = Dictionary(devices.map { ($0.key.keyForm, $0.value) }) { first, _ in first }
        entries = devices.map { (DevicePattern($0.key), $0.value) }
            .filter { !$0.0.matchesAll }
            .sorted { $0.0.isMoreSpecific(than: $1.0) }
        fallback = devices["*"] ?? DeviceSettings()
        names = devices.keys.filter { !$0.contains("*") }.sorted()
    }

    /// Why `names` cannot all be keys of settings, `nil` if they can.
    static func problem(with names: some Sequence<String>) -> String? {
        var forms: Set<String> = []
        for name in names.sorted() where !forms.insert(name.keyForm).inserted {
            return "“\(name.keyForm.excerpt)” is there twice, in different forms"
        }
        return nil
    }

    /// The settings of the most specific match, filled up from `*`.
    func settings(of device: String) -> DeviceSettings {
        (entries.first { $0.pattern.matches(device) }?.settings ?? DeviceSettings()).filled(from: fallback)
    }
}

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
