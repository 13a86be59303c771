import TallywireEngine

/// What a node needs while it leads, to act for all nodes.
public struct Leadership: Sendable {
    public let term: Term
    /// Takes commands as long as the term lasts, and refuses them for good when it ends.
    ///
    /// What a source hands in here shares the fate of the positions that it stores in ``journal``: both are in the log, or neither is. The
    /// node's own gateway would hand the commands to the next leader, which does not know the positions.
    public let gateway: any CommandGateway
    /// The journal whose positions ride in the log's entries, so that every node has them.
    public let journal: any Journal
}
