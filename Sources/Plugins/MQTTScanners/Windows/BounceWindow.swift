import TallywireCore

/// Knows each device's last scan, so that a trigger that bounces, or is pressed twice in haste, counts once.
///
/// A scan is taken for a bounce only if it surely came within the window. Scans that waited at the broker, or in the socket while
/// the disk was busy, arrive together though they were made at different times: those count.
struct BounceWindow {
    /// The outcome of a scan, to be filled in later, which the scan's bounces share.
    final class SharedOutcome {
        var outcome: Outcome?
    }

    private struct Last {
        let key: String
        let time: TimeSpan
        let sharedOutcome: SharedOutcome
    }

    private var devices: [String: Last] = [:]
    /// The most devices that are remembered.
    private static let limit = 10_000

    /// Notes a scan, whose time may be unknown. Returns the outcome to fill in later, and whether that outcome belongs to the
    /// previous scan because this one is its bounce.
    mutating func note(_ key: String, of device: String, at time: TimeSpan?, window: Duration) -> (SharedOutcome, isBounce: Bool) {
        guard let time else {
            devices[device] = nil
            return (SharedOutcome(), false)
        }
        if let last = devices[device], last.key == key, last.time.isFollowed(by: time, within: window) {
            return (last.sharedOutcome, true)
        }
        if devices.count >= Self.limit, devices[device] == nil { devices.removeAll() }
        let sharedOutcome = SharedOutcome()
        devices[device] = Last(key: key, time: time, sharedOutcome: sharedOutcome)
        return (sharedOutcome, false)
    }
}

/// When something happened, as far as that is known: between two moments.
struct TimeSpan: Equatable, Sendable {
    let earliest: Timestamp
    let latest: Timestamp

    /// Whether `other` surely happened within `window` after this.
    func isFollowed(by other: TimeSpan, within window: Duration) -> Bool {
        guard other.latest >= earliest else { return false }
        let (distance, overflow) = other.latest.milliseconds.subtractingReportingOverflow(earliest.milliseconds)
        return !overflow && distance < window.wholeMilliseconds
    }
}
