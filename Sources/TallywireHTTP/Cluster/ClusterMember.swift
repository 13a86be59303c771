import HTTPTypes
import NIOCore
import TallywireCore

/// The node of a cluster that this server is. Safe from any task.
public protocol ClusterMember: Sendable {
    /// The cluster, as this node sees it.
    var cluster: ClusterReport { get }

    /// Asks the leader the same, for what only the leader knows. Returns `nil` if this node leads. Throws if nobody leads, or if the
    /// leader cannot be reached.
    func askLeader(_ request: LeaderRequest) async throws -> LeaderResponse?
}

/// A request that is passed on to the leader, with the token of its caller.
public struct LeaderRequest: Sendable {
    public var method: HTTPRequest.Method
    /// The path, with the query.
    public var path: String
    public var authorization: String?
    public var body: ByteBuffer

    public init(method: HTTPRequest.Method, path: String, authorization: String?, body: ByteBuffer = ByteBuffer()) {
        self.method = method
        self.path = path
        self.authorization = authorization
        self.body = body
    }
}

/// What the leader answered.
public struct LeaderResponse: Sendable {
    public var status: HTTPResponse.Status
    public var contentType: String
    /// The leader's `Tallywire-Seq`; `nil` for an answer without one.
    public var seq: String?
    public var body: ByteBuffer

    public init(status: HTTPResponse.Status, contentType: String, seq: String?, body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.seq = seq
        self.body = body
    }
}

/// A cluster at one moment, as one of its nodes sees it.
public struct ClusterReport: Sendable {
    public struct Node: Sendable {
        public var name: String
        public var address: String
        public var version: String
        /// The last entry of the log that the node has applied.
        public var applied: UInt64
        /// For how long the node has not had everything that the log has, in seconds.
        public var lag: Double
        /// When the node was heard of last; `nil` if that is not known.
        public var seenAt: Timestamp?

        public init(name: String, address: String, version: String, applied: UInt64, lag: Double, seenAt: Timestamp?) {
            self.name = name
            self.address = address
            self.version = version
            self.applied = applied
            self.lag = lag
            self.seenAt = seenAt
        }
    }

    public var site: String
    /// The name of the node that reports.
    public var node: String
    /// The name of the node that leads; `nil` if nobody does, as far as is known.
    public var leader: String?
    /// The leader's term; 0 before the first.
    public var term: UInt64
    /// The last entry of the log when this node looked.
    public var head: UInt64
    /// How many seconds ago the log answered this node; before its first answer, how many seconds ago the node began. 0 or more.
    public var logSilence: Double
    public var nodes: [Node]

    public init(
        site: String, node: String, leader: String?, term: UInt64, head: UInt64, logSilence: Double, nodes: [Node]
    ) {
        self.site = site
        self.node = node
        self.leader = leader
        self.term = term
        self.head = head
        self.logSilence = logSilence
        self.nodes = nodes
    }

    /// The node that reports.
    var own: Node? { nodes.first { $0.name == node } }
}
