import TallywireCore
import TallywirePipeline

/// The settings of all devices, by name and pattern.
struct DeviceSettingsTable: Sendable {
    /// The most specific pattern comes first.
    private let entries: [(pattern: DevicePattern, settings: DeviceSettings)]
    private let fallback: DeviceSettings
    /// The devices that have settings under their own name rather than under a pattern.
    let names: [String]

    /// The names and patterns may be in any form of Unicode; ``problem(with:)`` says whether two of them are the same. `defaults` are
    /// for what neither a device's settings nor `*` say.
    init(_ devices: [String: DeviceSettings], defaults: DeviceSettings = DeviceSettings()) {
        let devices = Dictionary(devices.map { ($0.key.keyForm, $0.value) }) { first, _ in first }
        entries = devices.map { (DevicePattern($0.key), $0.value) }
            .filter { !$0.0.matchesAll }
            .sorted { $0.0.isMoreSpecific(than: $1.0) }
        fallback = (devices["*"] ?? DeviceSettings()).filled(from: defaults)
        names = devices.keys.filter { !$0.contains("*") }.sorted()
    }

    /// Why `names` cannot all be keys of settings; `nil` if they can.
    static func problem(with names: some Sequence<String>) -> String? {
        var forms: Set<String> = []
        for name in names.sorted() where !forms.insert(name.keyForm).inserted {
            return "“\(name.keyForm.excerpt)” is there twice, in different forms"
        }
        return nil
    }

    /// The settings of the most specific match, with the gaps filled from `*`.
    func settings(of device: String) -> DeviceSettings {
        (entries.first { $0.pattern.matches(device) }?.settings ?? DeviceSettings()).filled(from: fallback)
    }
}

/// A device's name, or a pattern for several: `*` stands for any number of characters, also for none.
struct DevicePattern: Hashable, Sendable {
    let text: String
    private let pattern: WildcardPattern

    init(_ text: String) {
        self.text = text
        pattern = WildcardPattern(text)
    }

    /// Whether the pattern is `*` alone, which gives the values that other settings leave out.
    var matchesAll: Bool { text == "*" }

    func matches(_ name: String) -> Bool { pattern.matches(name) }

    /// Whether `self` is more specific than `other`: a name before a pattern, then more characters, then fewer wildcards, then by
    /// text.
    func isMoreSpecific(than other: DevicePattern) -> Bool {
        func rank(_ text: String) -> (Int, Int, Int) {
            let wildcards = text.count { $0 == "*" }
            return (wildcards == 0 ? 1 : 0, text.count - wildcards, -wildcards)
        }
        let (mine, theirs) = (rank(text), rank(other.text))
        return mine == theirs ? text < other.text : mine > theirs
    }
}
