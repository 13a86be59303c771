/// Topics of an MQTT broker that an entry of plugins.json publishes on or listens to: what no other entry may be led to publish on.
public struct TopicUse: Hashable, Sendable {
    /// A topic filter (MQTT 5, section 4.7).
    public var filter: String
    public var kind: Kind
    /// Whose the topics are, for people: “where “shelf-displays” publishes displays”.
    public var purpose: String

    /// Who publishes on the topics.
    public enum Kind: Sendable {
        /// The server: displays, events, its status; or those who tell it something that is no device's.
        case own
        /// Devices, each on its own: scans and statuses.
        case devices
        /// The server, to one device each.
        case answers
    }

    public init(filter: String, kind: Kind = .own, purpose: String) {
        self.filter = filter
        self.kind = kind
        self.purpose = purpose
    }
}
