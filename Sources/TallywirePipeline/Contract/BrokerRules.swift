/// What an entry of plugins.json needs at its MQTT broker, as lines of mosquitto's access list. `tallywire mosquitto-config` writes them.
public struct BrokerRules: Sendable {
    /// What the server may, under the name with which the entry logs in: `topic read scanners/+/scan`.
    public var server: [String]
    /// What everybody may under the own name, which is `%u`: `pattern write scanners/%u/scan`.
    public var patterns: [String]
    /// What the patterns allow and a display must not do.
    public var denials: [String]
    /// The devices that the entry names. Each logs in under its own name.
    public var devices: [String]
    /// What a display may that shows one location, or all locations without one.
    public var display: @Sendable (_ location: String?) -> [String]

    public init(
        server: [String], patterns: [String] = [], denials: [String] = [], devices: [String] = [],
        display: @escaping @Sendable (_ location: String?) -> [String] = { _ in [] }
    ) {
        self.server = server
        self.patterns = patterns
        self.denials = denials
        self.devices = devices
        self.display = display
    }
}
