import Logging
import Synchronization
import TallywireCore

/// The two times that the engine uses: the machine's, which events bear, and the steady one, by which ages are measured.
///
/// Safe from any thread.
final class EngineClock: Sendable {
    /// What the clocks show.
    struct Reading: Sendable {
        /// The time that events bear: the machine's clock, held still where the machine's clock was set back by at most
        /// ``heldStep``.
        var now: Timestamp
        /// How much time has passed; see ``SteadyClock``.
        var mark: SteadyClock.Mark
        /// The range in which the true time lies: after a jump, either the time before the jump or the time after it may be right.
        var possible: ClosedRange<Timestamp>
        /// The time up to which reservations are over. A clock that jumps ahead ends none before it has stayed ahead for
        /// ``EngineClock/reservationConfirmation``.
        var reservationsEnd: Timestamp
    }

    /// How long a machine's clock that has jumped has to stay there until reservations end by it.
    private static let reservationConfirmation = Duration.seconds(60)

    /// In milliseconds. While the machine's clock is back by at most this, the last time is repeated, so that times do not fall.
    private static let heldStep: Int64 = 5_000

    private struct State {
        var steady: SteadyClock
        /// Begins with the process: after a start nobody can tell a clock that jumped from a server that did not run.
        var reservations = SteadyClock(from: nil, confirmation: reservationConfirmation)
        var last: Timestamp?
        var steps: UInt64 = 0

        mutating func read(_ wall: Timestamp, uptime: Duration) {
            steady.read(wall, uptime: uptime)
            reservations.read(wall, uptime: uptime)
        }
    }

    private let state: Mutex<State>
    private let wall: @Sendable () -> Timestamp
    private let uptime: @Sendable () -> Duration
    private let logger: Logger

    /// Continues from the clocks that the journal stored.
    init(
        _ clocks: JournalClocks, wall: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
        logger: Logger
    ) {
        state = Mutex(State(steady: SteadyClock(from: clocks.mark), last: clocks.lastEvent))
        self.wall = wall
        self.uptime = uptime
        self.logger = logger
    }

    /// How often the machine's clock was set back by more than ``heldStep``.
    var steps: UInt64 { state.withLock { $0.steps } }

    /// The time that has passed, as retention measures it.
    func passed() -> Timestamp {
        let (reading, instant) = (wall(), uptime())
        return state.withLock { state in
            state.read(reading, uptime: instant)
            return state.steady.now
        }
    }

    /// Reads the clocks for the commands that are decided next.
    func read() -> Reading {
        let (reading, instant) = (wall(), uptime())
        let (result, step) = state.withLock { state -> (Reading, Int64?) in
            state.read(reading, uptime: instant)
            var now = reading
            var step: Int64?
            if let last = state.last, reading < last {
                if last.isLater(than: reading, by: .milliseconds(Self.heldStep)) {
                    state.steps += 1
                    step = last.milliseconds - reading.milliseconds
                } else {
                    now = last
                }
            }
            state.last = now
            let believed = state.steady.believed
            return (
                Reading(
                    now: now, mark: state.steady.mark, possible: min(now, believed)...max(now, believed),
                    reservationsEnd: min(now, state.reservations.believed)), step
            )
        }
        if let step {
            logger.warning(
                "The machine's clock was set back. New events have the clock's new time, and “seq” alone says their order.",
                metadata: ["seconds": "\(step / 1000)", "now": "\(result.now)"])
        }
        return result
    }
}
