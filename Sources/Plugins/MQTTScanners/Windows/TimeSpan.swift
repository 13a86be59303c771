import TallywireCore

/// When something happened, as far as it is known: between two moments.
struct TimeSpan: Equatable, Sendable {
    let earliest: Timestamp
    let latest: Timestamp

    /// Whether the other one happened surely within `window` after this.
    func isFollowed(by other: TimeSpan, within window: Duration) -> Bool {
        guard other.latest >= earliest else { return false }
        let (distance, overflow) = other.latest.milliseconds.subtractingReportingOverflow(earliest.milliseconds)
        return !overflow && distance < window.wholeMilliseconds
    }
}
