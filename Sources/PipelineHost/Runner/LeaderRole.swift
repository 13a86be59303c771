import TallywireEngine

/// The right of a node to run what runs on one node of a cluster only.
public struct LeaderRole: Sendable {
    /// Where these sources hand in commands. What is handed in here is decided before the role ends, or never.
    public var gateway: any CommandGateway
    /// Where the positions of these sources and sinks are kept: every node has them.
    public var journal: any Journal
    /// Whether no other node can lead at this moment, as far as time tells. A delivery begins only then.
    public var isSure: @Sendable () -> Bool

    public init(gateway: any CommandGateway, journal: any Journal, isSure: @escaping @Sendable () -> Bool) {
        self.gateway = gateway
        self.journal = journal
        self.isSure = isSure
    }
}
