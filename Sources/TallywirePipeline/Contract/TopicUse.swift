/// MQTT topics that an entry of plugins.json publishes on or subscribes to. No other entry may be made to publish on them.
public struct TopicUse: Hashable, Sendable {
    /// A topic filter (MQTT 5, section 4.7).
    public var filter: String
    public var kind: Kind
    /// What the topics are for, for people: “where “shelf-displays” publishes displays”.
    public var purpose: String

    /// Who publishes on the topics.
    public enum Kind: Sendable {
        /// The server: displays, events, its status. Also clients that tell the server something and are not devices.
        case own
        /// Devices, each on topics of its own: scans and statuses.
        case devices
        /// The server, on a topic of one device each.
        case answers
    }

    public init(filter: String, kind: Kind = .own, purpose: String) {
        self.filter = filter
        self.kind = kind
        self.purpose = purpose
    }
}
