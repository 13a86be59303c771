import TallywireCore

/// What a device's scans mean where they do not say it themselves.
public struct DeviceSettings: Equatable, Sendable, Decodable {
    public var operation: Operation?
    public var location: String?
    /// Where to, for a transfer.
    public var destination: String?
    public var reason: String?
    public var quantity: Int64?

    private enum CodingKeys: String, CodingKey {
        case operation, location, reason, quantity
        case destination = "to"
    }

    public init(
        operation: Operation? = nil, location: String? = nil, destination: String? = nil, reason: String? = nil,
        quantity: Int64? = nil
    ) {
        self.operation = operation
        self.location = location
        self.destination = destination
        self.reason = reason
        self.quantity = quantity
    }

    /// These settings, and `other`'s where they say nothing.
    func filled(from other: DeviceSettings) -> DeviceSettings {
        DeviceSettings(
            operation: operation ?? other.operation, location: location ?? other.location,
            destination: destination ?? other.destination, reason: reason ?? other.reason, quantity: quantity ?? other.quantity)
    }
}

/// All devices' settings, by name and pattern.
struct DeviceBook: Sendable {
    /// The most specific first.
    private let entries: [(pattern: DevicePattern, settings: DeviceSettings)]
    private let fallback: DeviceSettings

    init(_ devices: [String: DeviceSettings]) {
        entries = devices.map { (DevicePattern($0.key), $0.value) }
            .filter { !$0.0.matchesAll }
            .sorted { $0.0.isMoreSpecific(than: $1.0) }
        fallback = devices["*"] ?? DeviceSettings()
    }

    /// The settings of the most specific match, filled up from `*`.
    func settings(of device: String) -> DeviceSettings {
        (entries.first { $0.pattern.matches(device) }?.settings ?? DeviceSettings()).filled(from: fallback)
    }
}
