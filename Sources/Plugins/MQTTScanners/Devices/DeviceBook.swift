import TallywireCore

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
