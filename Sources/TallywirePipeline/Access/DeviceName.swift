import TallywireCore

/// What the name of a device may be: what fits into one level of an MQTT topic, and into a movement's source.
public enum DeviceName {
    /// Characters, at most.
    public static let length = Limits.deviceLength

    /// What is wrong with `name`, `nil` if nothing is.
    public static func mistake(in name: String) -> String? { Command.mistake(inDevice: name) }
}
