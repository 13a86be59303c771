/// What is done to the cluster.
enum Fault: String, CaseIterable {
    /// The node that leads is killed, and started again.
    case kill
    /// The node that leads and its member of etcd, which leads etcd, are killed at once.
    case machine
    /// The node that leads is frozen for three seconds.
    case pause
    /// The node that leads is asked to end.
    case stop
    /// For ten seconds the node that leads reaches nobody, and nobody reaches it.
    case cut
    /// For ten seconds the node that leads and its member of etcd, which leads etcd, reach one another only.
    case island
    /// All nodes are ended and started again, one after the other, the one that leads last.
    case restart
    /// etcd's database is full for a while.
    case quota

    var isRepeated: Bool {
        switch self {
        case .kill, .machine, .pause, .stop: true
        case .cut, .island, .restart, .quota: false
        }
    }

    /// For how many seconds nothing may be acknowledged; `nil` for what stops commands as long as it lasts.
    var limit: Double? {
        switch self {
        case .kill, .pause: 2.5
        case .machine, .cut, .island, .restart: 5
        case .stop: 0.5
        case .quota: nil
        }
    }
}
