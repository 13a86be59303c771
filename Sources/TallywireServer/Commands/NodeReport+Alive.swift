import TallywireCluster

extension NodeReport {
    /// For how long a node that runs is waited for until it has reported again.
    static let twoReports: Duration = .milliseconds(2_500)

    /// Whether the node has reported since all nodes reported `earlier`.
    func isAlive(since earlier: [NodeReport]) -> Bool {
        earlier.first { $0.node == node }.map { $0.beat != beat } ?? true
    }
}
