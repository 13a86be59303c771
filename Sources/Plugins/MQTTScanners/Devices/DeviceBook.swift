/// All devices' settings, by name and pattern.
struct DeviceBook: Sendable {
    /// The most specific first.
    private let entries: [(pattern: DevicePattern, settings: DeviceSettings)]
    private let fallback: DeviceSettings
    /// Devices that are named and not meant by a pattern.
    let names: [String]

    init(_ devices: [String: DeviceSettings]) {
        entries = devices.map { (DevicePattern($0.key), $0.value) }
            .filter { !$0.0.matchesAll }
            .sorted { $0.0.isMoreSpecific(than: $1.0) }
        fallback = devices["*"] ?? DeviceSettings()
        names = devices.keys.filter { !$0.contains("*") }.sorted()
    }

    /// The settings of the most specific match, filled up from `*`.
    func settings(of device: String) -> DeviceSettings {
        (entries.first { $0.pattern.matches(device) }?.settings ?? DeviceSettings()).filled(from: fallback)
    }
}
