import TallywireCore

/// When something happened, as far as it is known: between two moments.
struct TimeSpan: Equatable, Sendable {
    let earliest: Timestamp
    let latest: Timestamp

    /// Whether the other one happened surely within `window` after this.
    func isFollowed(by other: TimeSpan, within window: Duration) -> Bool {
        other.latest >= earliest && other.latest.milliseconds - earliest.milliseconds < window.milliseconds
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
