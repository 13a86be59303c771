/// What the name of a device may be: what fits into one level of an MQTT topic, and into a movement's source.
public enum DeviceName {
    /// Characters, at most.
    public static let length = 64

    /// What is wrong with `name`, `nil` if nothing is.
    public static func mistake(in name: String) -> String? {
        let isFit =
            (1...length).contains(name.unicodeScalars.count)
            && name.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && !"/+#".unicodeScalars.contains($0)
            }
        return isFit ? nil : "a device's name has 1 to \(length) characters, no control characters and none of / + #"
    }
}
