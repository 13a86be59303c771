/// When a movement may have happened, for it to be taken now.
public struct TimeRules: Equatable, Sendable {
    /// How far ``Movement/occurredAt`` may lie ahead of the server's clock, since no two clocks agree.
    public var clockSkew: Duration
    /// How long answers to commands are kept. Of a movement that is older and comes for the first time nobody can say whether it is a
    /// repeat.
    public var keep: Duration

    /// The most that any clock may be ahead.
    public static let largestClockSkew = Duration.seconds(86_400)

    /// How long answers have to be there: a movement of a clock that is ahead seems younger than it is, and its repeat is let through for so
    /// much longer than ``keep``.
    public var answers: Duration { keep + Self.largestClockSkew }

    public init(clockSkew: Duration = .seconds(300), keep: Duration = .seconds(8 * 86_400)) {
        self.clockSkew = clockSkew
        self.keep = keep
    }

    /// Why a command that was not answered before cannot be taken, `nil` if nothing speaks against it. The time is now somewhere in `now`: a
    /// clock that jumped is believed neither at once nor never, and whoever asks has the benefit of the doubt.
    public func rejection(of command: Command, now: ClosedRange<Timestamp>) -> Rejection? {
        guard case .move(let movement) = command.action, let occurredAt = movement.occurredAt else { return nil }
        let ahead = command.clockSkew ?? clockSkew
        if occurredAt.isLater(than: now.upperBound, by: ahead) {
            return Rejection(
                .invalidRequest,
                "it is ahead of the server's clock, which shows \(now.upperBound): \(occurredAt); set the clock of the device or caller",
                field: "occurredAt")
        }
        if now.lowerBound.isLater(than: occurredAt, by: keep) {
            return Rejection(
                .tooLate,
                "it happened at \(occurredAt), longer ago than ids are kept, so nobody can know whether it was counted: count what is there, "
                    + "or hand it in without occurredAt", field: "occurredAt")
        }
        return nil
    }
}

extension Timestamp {
    /// Whether this is later than `other` by more than `span`, whatever the two are.
    public func isLater(than other: Timestamp, by span: Duration) -> Bool {
        let (distance, overflow) = milliseconds.subtractingReportingOverflow(other.milliseconds)
        return overflow ? milliseconds > other.milliseconds : distance > span.wholeMilliseconds
    }
}

extension Duration {
    /// The milliseconds in it, without what is less than one; at most what an `Int64` holds.
    public var wholeMilliseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return components.seconds < 0 ? .min : .max }
        return seconds + components.attoseconds / 1_000_000_000_000_000
    }
}
