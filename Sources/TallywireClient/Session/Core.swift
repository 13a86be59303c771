import Foundation
import TallywireCore

extension TallywireClient {
    /// Everything a client knows and decides, without a thread, a clock or a socket: it is told what came and when, and answers through the
    /// session's ``Wire`` and the readers.
    struct Core: Sendable {
        /// Beyond the time in which a live connection is heard from, so much is granted before it counts as stale.
        private static let grace = Duration.seconds(2)

        let configuration: Configuration
        var replica: Replica
        var session: Session?
        var waiters = Waiters()
        private(set) var state = State()
        /// When the server was heard from last while all was known.
        private var heard: Instant?
        /// Within this a live connection is heard from.
        private var pulse = Duration.seconds(30)
        var isRunning = false
        /// Ends the pause between two connections.
        var endPause: (@Sendable () -> Void)?
        private var lastWaiter: UInt64 = 0
        /// What is to be done where no lock is held.
        var afterwards: [@Sendable () -> Void] = []

        init(_ configuration: Configuration) {
            var configuration = configuration
            configuration.rooms = configuration.rooms.map(Room.name)
            self.configuration = configuration
            replica = Replica(maxItems: configuration.maxItems)
            for name in configuration.rooms {
                replica.follows.rooms[name] = Room(name, wantsSnapshot: configuration.snapshot)
            }
            _ = replica.follows.track(Followed(products: configuration.products, variants: configuration.variants))
        }

        mutating func nextWaiter() -> UInt64 {
            lastWaiter += 1
            return lastWaiter
        }

        // MARK: Sessions

        /// The handshake succeeded.
        mutating func begin(_ session: Session) { self.session = session }

        /// How a session ended.
        struct Ended {
            var failure: Failure?
            var comeBackAfter: Duration?
            var wasLiveSince: Instant?
        }

        /// The connection is gone.
        mutating func endSession() -> Ended {
            defer {
                if let renewals = session?.renewals { afterwards.append { renewals.finish() } }
                session = nil
                replica.follows.leaveConnection()
            }
            return Ended(
                failure: session?.failure, comeBackAfter: session?.comeBackAfter, wasLiveSince: session?.liveSince)
        }

        /// `run` ended.
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

        /// A message came. What is shown is true now, if everything before it is known.
        mutating func hear(_ now: Instant) {
            guard state.phase == .live else { return }
            heard = now
            state.asOf = Date()
        }

        mutating func expectPulse(within interval: Duration) { pulse = interval }

        /// The state as it is now: it becomes stale by itself.
        func current(_ now: Instant) -> State {
            var state = state
            state.isStale = isStale(now)
            return state
        }

        /// Tells readers if what is shown has become stale.
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

        // MARK: Whoever waits

        /// What is to be told to readers and to callers that wait, and to be called where no lock is held.
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

        /// Answers whoever waits for what is there now.
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
