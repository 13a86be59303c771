import TallywireCore

/// Knows the RFID tags that were counted, so that a tag in sight of an antenna, which is read ten times a second, counts once.
///
/// A tag counts again after it was out of its device's sight for the window. The window is kept in memory: after a restart the tags
/// in sight count again, and then their serial numbers reveal the repeat.
struct TagWindow {
    private struct Key: Hashable {
        let device: String
        let tag: String
    }

    private var seen: [Key: Timestamp] = [:]
    /// The most tags that are remembered.
    private static let limit = 200_000

    /// Notes that a tag was seen. Returns whether the tag counts.
    mutating func see(_ tag: String, by device: String, at now: Timestamp, window: Duration) -> Bool {
        let last = seen.updateValue(now, forKey: Key(device: device, tag: tag))
        if seen.count > Self.limit { prune(before: now.milliseconds - window.wholeMilliseconds) }
        return last.map { now.milliseconds - $0.milliseconds >= window.wholeMilliseconds } ?? true
    }

    /// Forgets a tag that could not be counted, so that it is tried again when it is seen next.
    mutating func forget(_ tag: String, of device: String) { seen[Key(device: device, tag: tag)] = nil }

    private mutating func prune(before moment: Int64) {
        seen = seen.filter { $0.value.milliseconds >= moment }
        guard seen.count > Self.limit / 2 else { return }
        let kept = seen.sorted { $0.value > $1.value }.prefix(Self.limit / 2)
        seen = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
