/// On which nodes of a cluster a source or a sink runs. Without a cluster it makes no difference.
public enum Placement: String, Codable, Sendable {
    /// On the node that leads, from a position that all nodes know.
    case leader
    /// On each node, from a position of that node alone.
    case each
}
