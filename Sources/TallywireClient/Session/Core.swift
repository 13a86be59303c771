import Foundation
import TallywireCore
import TallywireProtocol

extension TallywireClient {
    /// Everything that a client knows and decides, without a thread, a clock or a socket. It gets each message with its time, and
    /// acts through the session's ``Wire`` and the readers.
    struct Core: Sendable {
        /// The time that a live connection gets, beyond the time in which something has to come, before its values count as stale.
        private static let grace = Duration.seconds(2)

        let configuration: Configuration
        var replica: Replica
        var session: Session?
        var waiters = Waiters()
        private(set) var state = State()
        /// When the last message came while everything was known.
        private var heard: Instant?
        /// Within this time something has to come on a live connection.
        private var pulse = Duration.seconds(30)
        var isRunning = false
        /// Ends the pause between two connections.
        var endPause: (@Sendable () -> Void)?
        private var lastWaiter: UInt64 = 0
        /// Actions that have to be called while no lock is held.
        var afterwards: [@Sendable () -> Void] = []

        init(_ configuration: Configuration) {
            var configuration = configuration
            configuration.rooms = configuration.rooms.map(Room.name)
            self.configuration = configuration
            replica = Replica(maxItems: configuration.maxItems)
            for name in configuration.rooms {
                replica.follows.rooms[name] = Room(name, wantsSnapshot: configuration.snapshot)
            }
            _ = replica.follows.track(ClientMessage.Items(products: configuration.products, variants: configuration.variants))
        }

        mutating func nextWaiter() -> UInt64 {
            lastWaiter += 1
            return lastWaiter
        }

        // MARK: Sessions

        /// Notes that an attempt begins, at one of the configuration's addresses.
        mutating func connect(to url: String, now: Instant) {
            state.url = url
            set(.connecting, now: now)
        }

        /// Notes that the handshake succeeded, with a node of this name if the server told one.
        mutating func begin(_ session: Session, at node: String? = nil) {
            self.session = session
            state.node = node
        }

        /// Notes the name that the node tells in its `welcome`, since a proxy may take the header of the handshake away.
        mutating func note(node: String) { state.node = node }

        /// How a session ended.
        struct Ended {
            var failure: Failure?
            var comeBackAfter: Duration?
            var wasLiveSince: Instant?
        }

        /// Ends the session, since the connection has ended. Returns how the session ended.
        mutating func endSession() -> Ended {
            defer {
                if let renewals = session?.renewals { afterwards.append { renewals.finish() } }
                session = nil
                state.node = nil
                replica.follows.leaveConnection()
            }
            return Ended(
                failure: session?.failure, comeBackAfter: session?.comeBackAfter, wasLiveSince: session?.liveSince)
        }

        /// Notes that `run` has ended.
        mutating func close() -> @Sendable () -> Void {
            isRunning = false
            set(.closed, now: .now)
            waiters.rejectAll(Failure(.closed, "the client does not run any more"))
            return replica.readers.removeAll()
        }

        // MARK: State

        mutating func set(_ phase: State.Phase, _ failure: Failure? = nil, now: Instant) {
            let before = state
            state.phase = phase
            if let failure { state.lastFailure = failure }
            if phase == .live {
                state.lastFailure = nil
                if before.phase != .live { hear(now) }
            }
            tell(before, now)
        }

        /// Notes that a message came. If everything before it is known, the values shown are true now.
        mutating func hear(_ now: Instant) {
            guard state.phase == .live else { return }
            heard = now
            state.asOf = Date()
        }

        mutating func expectPulse(within interval: Duration) { pulse = interval }

        /// The current state. It becomes stale with time.
        func current(_ now: Instant) -> State {
            var state = state
            state.isStale = isStale(now)
            return state
        }

        /// Tells readers if the values shown have become stale.
        mutating func lookAtAge(_ now: Instant) { tell(state, now) }

        private func isStale(_ now: Instant) -> Bool {
            guard let heard else { return true }
            return now - heard > (state.phase == .live ? pulse + Self.grace : configuration.staleAfter)
        }

        private mutating func tell(_ before: State, _ now: Instant) {
            state.isStale = isStale(now)
            let isSame =
                state.phase == before.phase && state.isStale == before.isStale && state.lastFailure == before.lastFailure
            if !isSame { replica.readers.tell(state) }
        }

        // MARK: Waiting callers

        /// Takes what has to be told to readers and to waiting callers. Returns a function to be called while no lock is held.
        mutating func takeTold() -> @Sendable () -> Void {
            let signals = replica.readers.takeSignals()
            let actions = waiters.takeTold() + afterwards
            afterwards = []
            if signals.isEmpty, actions.isEmpty { return {} }
            return {
                for signal in signals { signal.yield() }
                for action in actions { action() }
            }
        }

        mutating func report(_ failure: Failure) { replica.readers.tell(failure) }

        /// Resumes callers whose goal is reached.
        mutating func settle() {
            if session?.isBehind == false { replica.tellEarly() }
            if state.phase == .live { waiters.resolve(.live) }
            if session?.isWelcomed == true, session?.tracks.isEmpty == true { waiters.resolve(.tracked) }
            for room in replica.follows.rooms.values where room.isCaughtUp {
                waiters.resolve(.room(room.name), room.result)
            }
        }
    }
}
