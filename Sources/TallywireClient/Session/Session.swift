import TallywireCore
import TallywireProtocol

extension TallywireClient {
    typealias Instant = ContinuousClock.Instant

    /// How a session sends and closes: over a connection, or in a test.
    struct Wire: Sendable {
        let send: @Sendable ([ClientMessage]) -> Void
        let close: @Sendable () -> Void
        /// Requests a tick at this time, in place of the one that was requested before.
        let wake: @Sendable (Instant) -> Void
    }

    /// The state of the conversation on one connection, from the handshake until it ends. ``Core`` has the behaviour.
    struct Session: Sendable {
        let wire: Wire
        /// The token that was shown last.
        var token: String?
        /// Takes each token that the server accepted, so that it is renewed in time.
        let renewals: AsyncStream<String>.Continuation
        var requests = Requests()
        /// The messages that have to be sent.
        var outbox: [ClientMessage] = []
        /// The requested `track` messages whose values have not come.
        var tracks: [ClientMessage.Items] = []
        var isWelcomed = false
        var isBehind = true
        var pingInterval = Duration.seconds(25)
        /// The most bytes in one message.
        var messageBytes = ServerMessage.Welcome.usualMessageBytes
        var lastHeard: Instant
        /// By when the server has to have sent something, otherwise the connection is dead. Before `welcome`, the time by which
        /// `welcome` has to come.
        var deadline: Instant?
        /// When to check whether the server was silent for too long.
        var heartbeat: Instant?
        /// When to ask the server how far it is, and the pause after that.
        var pulse: (at: Instant, next: Duration)?
        /// When to send requests again that the server refused because there were too many.
        var again: Instant?
        /// Since when everything has been known.
        var liveSince: Instant?
        /// The pause that the server asked for before it closed the connection.
        var comeBackAfter: Duration?
        /// The time of the tick that was requested.
        var alarm: Instant?
        /// Why the client ended the connection.
        var failure: Failure?

        init(_ wire: Wire, token: String?, renewals: AsyncStream<String>.Continuation, now: Instant, deadline: Instant) {
            self.wire = wire
            self.token = token
            self.renewals = renewals
            lastHeard = now
            self.deadline = deadline
        }

        /// When the session needs its next tick.
        var nextTick: Instant? { [deadline, heartbeat, pulse?.at, again].compactMap(\.self).min() }

        mutating func request(_ message: ClientMessage, _ kind: Requests.Kind) {
            let id = requests.add(kind)
            outbox += [message, .ping(.number(id))]
        }

        /// Ends the session from the client's side.
        mutating func fail(_ failure: Failure) {
            self.failure = self.failure ?? failure
            wire.close()
        }
    }
}
