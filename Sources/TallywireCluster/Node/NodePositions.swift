import TallywireEngine

/// A node's journal for what runs on each node: positions are kept under the name of the node.
///
/// A node begins as a copy of another node's journal. Its own sinks must not go on where the other node's were.
public struct NodePositions: JournalWrapper {
    public let wrapped: any Journal
    private let node: String

    public init(_ journal: any Journal, node: String) {
        wrapped = journal
        self.node = node
    }

    public func cursor(of name: String) async throws -> UInt64? { try await wrapped.cursor(of: key(name)) }
    public func storeCursor(_ seq: UInt64, of name: String) async throws { try await wrapped.storeCursor(seq, of: key(name)) }

    /// A name that no entry of plugins.json has.
    private func key(_ name: String) -> String { "node:\(node)/\(name)" }
}
