import TallywireCore

extension TallywireClient {
    typealias Instant = ContinuousClock.Instant

    /// What a session says and how it is ended: a connection, or a test.
    struct Wire: Sendable {
        let send: @Sendable ([ClientMessage]) -> Void
        let close: @Sendable () -> Void
        /// Asks for a tick then, instead of the one that was asked for before.
        let wake: @Sendable (Instant) -> Void
    }

    /// The conversation on one connection, from the handshake until it ends: what is known of it. What it does is in ``Core``.
    struct Session: Sendable {
        let wire: Wire
        /// The token that was shown last.
        var token: String?
        /// Takes each token that the server accepted, to renew it in time.
        let renewals: AsyncStream<String>.Continuation
        var requests = Requests()
        /// What is to be sent.
        var outbox: [ClientMessage] = []
        /// What was asked for to be tracked, until its values are there.
        var tracks: [Followed] = []
        var isWelcomed = false
        var isBehind = true
        var pingInterval = Duration.seconds(25)
        var lastHeard: Instant
        /// When the server has to have said something, or the connection is dead; before `welcome`, when that has to be there.
        var deadline: Instant?
        /// When it is looked whether the server was silent for too long.
        var heartbeat: Instant?
        /// When the server is asked how far it is, and the pause after that.
        var pulse: (at: Instant, next: Duration)?
        /// When is asked again what was passed over because there was too much.
        var again: Instant?
        /// Since when everything is known.
        var liveSince: Instant?
        /// The pause that the server asked for before it went.
        var comeBackAfter: Duration?
        /// When the tick comes that was asked for.
        var alarm: Instant?
        /// Why this end broke it off.
        var failure: Failure?

        init(_ wire: Wire, token: String?, renewals: AsyncStream<String>.Continuation, now: Instant, deadline: Instant) {
            self.wire = wire
            self.token = token
            self.renewals = renewals
            lastHeard = now
            self.deadline = deadline
        }

        /// When something has to be looked at next.
        var nextTick: Instant? { [deadline, heartbeat, pulse?.at, again].compactMap(\.self).min() }

        mutating func request(_ message: ClientMessage, _ kind: Requests.Kind) {
            let id = requests.add(kind)
            outbox += [message, .ping(id: id)]
        }

        /// Ends it from this side.
        mutating func fail(_ failure: Failure) {
            self.failure = self.failure ?? failure
            wire.close()
        }
    }
}
