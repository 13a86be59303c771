import TallywireCore

/// A connection to the leader, over which a node sends the commands that it takes.
///
/// What is sent arrives in order, without a hole: where something is lost, so is the connection, with all that is under way.
public protocol LeaderLink: Sendable {
    /// Sends submissions of one session in order. Returns at once.
    func send(_ submissions: [ForwardQueue.Submission], session: UInt64)
    /// Closes the connection. Nothing is received after that.
    func close()
}

/// Makes connections to leaders.
public protocol LeaderConnector: Sendable {
    /// Connects to the node that leads by `leader`. Throws if that node cannot be reached, or if it does not lead.
    ///
    /// `received` is called with each answer, and once with `nil` when the connection is lost, from any thread, one call at a time.
    func connect(
        to leader: LeaderClaim, received: @escaping @Sendable (ForwardedAnswer?) -> Void
    ) async throws -> any LeaderLink
}

/// What became of a submission that was sent to the leader.
public struct ForwardedAnswer: Sendable {
    public var ticket: UInt64
    public var session: UInt64
    public var outcomes: [Outcome]

    public init(ticket: UInt64, session: UInt64, outcomes: [Outcome]) {
        self.ticket = ticket
        self.session = session
        self.outcomes = outcomes
    }
}
