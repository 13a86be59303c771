/// Which times a movement may bear to be accepted now.
public struct TimeRules: Equatable, Sendable {
    /// How far ``Movement/occurredAt`` may be ahead of the server's clock, since no two clocks agree.
    public var clockSkew: Duration
    /// How long answers to commands are kept. For an older movement without an answer nobody can say whether it is a repeat.
    public var keep: Duration
    /// How late a movement may be at a location that was counted since, and how late a count may be.
    public var lateness: Duration

    /// The most that any caller's clock may be ahead.
    public static let largestClockSkew = Duration.seconds(86_400)

    /// How long answers have to be kept. A movement of a clock that is ahead seems younger than it is. So its repeat is accepted
    /// for up to ``largestClockSkew`` longer than ``keep``.
    public var answers: Duration { keep + Self.largestClockSkew }

    public init(
        clockSkew: Duration = .seconds(300), keep: Duration = .seconds(8 * 86_400), lateness: Duration = .seconds(72 * 3_600)
    ) {
        self.clockSkew = clockSkew
        self.keep = keep
        self.lateness = lateness
    }

    /// Why a command without an answer cannot be accepted; `nil` if it can. The current time is somewhere in `now`, since a clock
    /// that has just jumped may be right before or after the jump. A doubt counts in the caller's favour.
    public func rejection(of command: Command, now: ClosedRange<Timestamp>) -> Rejection? {
        switch command.action {
        case .move(let movement):
            return movement.occurredAt.flatMap { rejection(of: $0, "occurredAt", ahead: command.clockSkew, now: now) }
        case .useCount(let use):
            guard case .count(let lines, _) = use.kind else { return nil }
            return lines.enumerated().lazy.compactMap { index, line in
                line.countedAt.flatMap { rejection(of: $0, "lines[\(index)].countedAt", ahead: command.clockSkew, now: now) }
            }.first
        default: return nil
        }
    }

    private func rejection(
        of occurredAt: Timestamp, _ field: String, ahead: Duration?, now: ClosedRange<Timestamp>
    ) -> Rejection? {
        let ahead = ahead ?? clockSkew
        if occurredAt.isLater(than: now.upperBound, by: ahead) {
            return Rejection(
                .invalidRequest,
                "it is ahead of the server's clock, which shows \(now.upperBound): \(occurredAt); set the clock of the device or caller",
                field: field)
        }
        if now.lowerBound.isLater(than: occurredAt, by: keep) {
            return Rejection(
                .tooLate,
                "it happened at \(occurredAt), longer ago than ids are kept, so nobody can know whether it was counted: count what is there, "
                    + "or hand it in without a time", field: field)
        }
        return nil
    }
}

extension Timestamp {
    /// Whether this is later than `other` by more than `span`, without overflow.
    public func isLater(than other: Timestamp, by span: Duration) -> Bool {
        isLater(than: other, byMilliseconds: span.wholeMilliseconds)
    }

    /// Whether this is later than `other` by more than so many milliseconds, without overflow.
    public func isLater(than other: Timestamp, byMilliseconds span: Int64) -> Bool {
        let (distance, overflow) = milliseconds.subtractingReportingOverflow(other.milliseconds)
        return overflow ? milliseconds > other.milliseconds : distance > span
    }
}

extension Duration {
    /// The duration in whole milliseconds, with the rest cut off. The value is limited to what an `Int64` holds.
    public var wholeMilliseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return components.seconds < 0 ? .min : .max }
        return seconds + components.attoseconds / 1_000_000_000_000_000
    }
}
