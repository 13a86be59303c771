import TallywireCore

/// The nodes of a cluster, as one of them sees them.
public struct ClusterView: Sendable {
    public struct Node: Sendable {
        public var report: NodeReport
        /// When this node first saw the report, by its own clock.
        public var seenAt: Timestamp

        public init(report: NodeReport, seenAt: Timestamp) {
            self.report = report
            self.seenAt = seenAt
        }
    }

    /// In the order of their names. A node that was never removed stays, also if it is away.
    public var nodes: [Node] = []

    public init() {}

    /// Takes what all nodes said last.
    mutating func update(_ reports: [NodeReport], at now: Timestamp) {
        nodes = reports.map { report in
            let known = nodes.first { $0.report.node == report.node }
            let isOld = known?.report.beat == report.beat && known?.report.address == report.address
            return Node(report: report, seenAt: isOld ? known?.seenAt ?? now : now)
        }
    }
}
