import TallywireCore

/// Measures how much time has passed, which one reading of the machine's clock does not tell: that can jump, be years ahead until the network
/// sets it right, or be set back.
///
/// While the process runs, time passes as the monotonic clock says. The time during which it did not run is the difference of two readings of
/// the machine's clock, which is believed once the clock has stayed so for ``confirmation``. So what ages are measured by never falls and
/// never jumps, and at worst runs late: nothing is deleted or forgotten too early.
///
/// A value that is told all readings.
public struct SteadyClock: Equatable, Sendable {
    /// Readings that differ by less are of clocks that agree.
    static let tolerance: Int64 = 5_000
    /// How long the machine's clock has to stay ahead before that counts as time that passed.
    public static let confirmation = Duration.seconds(3_600)

    /// What has to be known of it after a restart.
    public struct Mark: Equatable, Sendable {
        /// The steady time, in milliseconds: it began as the machine's.
        public var passed: Int64
        /// By how much the machine's clock was ahead of ``passed``, as far as it was believed.
        public var offset: Int64

        public init(passed: Int64, offset: Int64) {
            self.passed = passed
            self.offset = offset
        }
    }

    public private(set) var mark: Mark
    /// The monotonic clock at the last reading.
    private var uptime: Duration?
    /// Another offset than the one that is believed, and since when it was read again and again.
    private var candidate: (offset: Int64, since: Duration)?

    /// Goes on from `mark`; without one it begins at the first reading.
    public init(from mark: Mark?) {
        self.mark = mark ?? Mark(passed: .min, offset: 0)
    }

    public static func == (a: SteadyClock, b: SteadyClock) -> Bool {
        a.mark == b.mark && a.uptime == b.uptime && a.candidate?.offset == b.candidate?.offset
            && a.candidate?.since == b.candidate?.since
    }

    /// The time that has passed.
    public var now: Timestamp { Timestamp(milliseconds: mark.passed) }

    /// The machine's time, as far as it is believed.
    public var believed: Timestamp { Timestamp(milliseconds: mark.passed + mark.offset) }

    /// Takes a reading of the machine's clock and of the monotonic one, which never falls.
    public mutating func read(_ wall: Timestamp, uptime now: Duration) {
        guard mark.passed != .min else {
            mark = Mark(passed: wall.milliseconds, offset: 0)
            uptime = now
            return
        }
        // Only whole milliseconds are taken, and the rest stays for the next reading: under load there are thousands in a second.
        let passed = max(0, (now - (uptime ?? now)).wholeMilliseconds)
        mark.passed += passed
        uptime = (uptime ?? now) + .milliseconds(passed)
        let offset = wall.milliseconds - mark.passed
        let change = offset - mark.offset
        guard abs(change) > Self.tolerance else {
            candidate = nil
            // Two clocks never run quite alike; forwards it is time that passed.
            if change > 0 { mark.passed += change } else { mark.offset = offset }
            return
        }
        guard let known = candidate, abs(offset - known.offset) <= Self.tolerance else {
            candidate = (offset, now)
            return
        }
        guard now - known.since >= Self.confirmation else { return }
        candidate = nil
        if change > 0 { mark.passed += change } else { mark.offset = offset }
    }
}
