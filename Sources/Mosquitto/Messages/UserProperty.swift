/// A name and a value that travel with a message of MQTT 5 beside its payload. A name may come more than once.
public struct UserProperty: Equatable, Sendable {
    public var name: String
    public var value: String

    /// Both are UTF-8 of at most 65,535 bytes each.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
