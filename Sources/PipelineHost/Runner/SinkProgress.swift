import TallywireCore

/// A sink's position and counters: the decisions of a ``SinkRunner`` without its waiting.
///
/// `offered` is counted from the position at start, so that `offered = delivered + filtered + merged + dropped + pending` holds at
/// every moment: an event leaves `pending` in the same step in which another counter counts it.
struct SinkProgress: Sendable {
    private(set) var state = PipelineStatus.SinkReport.State.starting
    private(set) var position: UInt64
    private(set) var lastTimestamp: Timestamp?
    private(set) var failures = 0
    private(set) var lastError: String?
    private(set) var lastErrorAt: Timestamp?
    private var start: UInt64
    private var counters = SinkCounters()

    init(position: UInt64, isStandby: Bool = false) {
        self.position = position
        self.start = position
        if isStandby { state = .standby }
    }

    /// The counters at the moment when `head` is the last committed event.
    func counters(head: UInt64) -> SinkCounters {
        var counters = counters
        counters.offered = max(head, position) - start
        counters.pending = counters.offered - (position - start) + held
        return counters
    }

    /// How many events at or before ``position`` no counter has counted: none, by construction.
    private var held: UInt64 {
        (position - start) - (counters.delivered + counters.filtered + counters.merged + counters.dropped)
    }

    mutating func begin(at position: UInt64) {
        self.position = position
        start = position
    }

    mutating func isRunning() {
        state = .running
        failures = 0
    }

    mutating func isDraining() {
        if state != .stopped, state != .disabled { state = .draining }
    }

    /// Notes that the other side wants no more events.
    mutating func disable(_ reason: String, at now: Timestamp) {
        state = .disabled
        lastError = reason
        lastErrorAt = now
    }

    mutating func hasStopped() { state = .stopped }

    /// Notes that events up to `last` were read: `filtered` were left out, `merged` replaced and `rejected` refused. The others
    /// were delivered.
    mutating func advance(through last: UInt64, at timestamp: Timestamp?, filtered: Int, merged: Int, rejected: Int) {
        let passed = last - position
        counters.filtered += UInt64(filtered)
        counters.merged += UInt64(merged)
        counters.dropped += UInt64(rejected)
        counters.delivered += passed - UInt64(filtered + merged + rejected)
        position = last
        lastTimestamp = timestamp ?? lastTimestamp
        failures = 0
        if state == .retrying { state = .running }
    }

    /// Notes that the journal deleted events up to `last` before they could be read.
    mutating func lose(through last: UInt64) {
        guard last > position else { return }
        counters.dropped += last - position
        position = last
    }

    mutating func fail(_ error: String, at now: Timestamp) {
        failures += 1
        counters.retries += 1
        lastError = error
        lastErrorAt = now
        if state != .draining { state = .retrying }
    }
}
