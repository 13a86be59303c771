import TallywireCore

/// Measures how much time has passed. One reading of the machine's clock does not tell: that clock can jump, be years ahead until
/// the network corrects it, or be set back.
///
/// While the process runs, time passes as the monotonic clock says. The time during which the process did not run is the difference
/// of two readings of the machine's clock. That difference is believed once the machine's clock has kept it for the confirmation
/// time. So the time by which ages are measured never falls and never jumps. At worst it runs late: nothing is deleted or forgotten too
/// early.
///
/// A value, which has to be given every reading.
public struct SteadyClock: Equatable, Sendable {
    /// In milliseconds. Two readings that differ by at most this agree.
    static let tolerance: Int64 = 5_000
    /// How long the machine's clock has to stay ahead before the difference counts as time that passed, unless a clock says
    /// otherwise.
    public static let confirmation = Duration.seconds(3_600)

    /// What a restart needs to know of the clock.
    public struct Mark: Equatable, Sendable {
        /// The steady time in milliseconds. At the first reading it was the machine's time.
        public var passed: Int64
        /// By how much the machine's clock is believed to be ahead of ``passed``.
        public var offset: Int64

        public init(passed: Int64, offset: Int64) {
            self.passed = passed
            self.offset = offset
        }
    }

    public private(set) var mark: Mark
    private let confirmation: Duration
    /// The monotonic clock at the last reading.
    private var uptime: Duration?
    /// An offset other than the believed one, and since when every reading has shown it.
    private var candidate: (offset: Int64, since: Duration)?

    /// Continues from `mark`. Without a mark the clock begins at the first reading. A machine's clock that has jumped is believed
    /// after `confirmation`.
    public init(from mark: Mark?, confirmation: Duration = confirmation) {
        self.mark = mark ?? Mark(passed: .min, offset: 0)
        self.confirmation = confirmation
    }

    public static func == (a: SteadyClock, b: SteadyClock) -> Bool {
        a.mark == b.mark && a.uptime == b.uptime && a.candidate?.offset == b.candidate?.offset
            && a.candidate?.since == b.candidate?.since
    }

    /// The steady time.
    public var now: Timestamp { Timestamp(milliseconds: mark.passed) }

    /// The machine's time, as far as the machine's clock is believed.
    public var believed: Timestamp { Timestamp(milliseconds: mark.passed + mark.offset) }

    /// Takes a reading of the machine's clock and of the monotonic one, which never falls.
    public mutating func read(_ wall: Timestamp, uptime now: Duration) {
        guard mark.passed != .min else {
            mark = Mark(passed: wall.milliseconds, offset: 0)
            uptime = now
            return
        }
        // Only whole milliseconds are taken, and the rest stays for the next reading: under load there are thousands of readings in
        // a second.
        let passed = max(0, (now - (uptime ?? now)).wholeMilliseconds)
        mark.passed += passed
        uptime = (uptime ?? now) + .milliseconds(passed)
        let offset = wall.milliseconds - mark.passed
        let change = offset - mark.offset
        guard abs(change) > Self.tolerance else {
            candidate = nil
            // Two clocks never run at quite the same speed. A small difference forwards is time that passed.
            if change > 0 { mark.passed += change } else { mark.offset = offset }
            return
        }
        guard let known = candidate, abs(offset - known.offset) <= Self.tolerance else {
            candidate = (offset, now)
            return
        }
        guard now - known.since >= confirmation else { return }
        candidate = nil
        if change > 0 { mark.passed += change } else { mark.offset = offset }
    }
}
