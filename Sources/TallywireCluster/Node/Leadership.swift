import TallywireEngine

/// What a node needs while it leads, to act for all nodes.
public struct Leadership: Sendable {
    public let term: Term
    /// The journal whose positions ride in the log's entries, so that every node has them.
    public let journal: any Journal
}
