import NIOCore

/// Notices when an event loop stood still: a stopped process, a laptop that slept, a long task. No peer could be heard meanwhile.
struct StallMeter {
    let period: TimeAmount
    private var last: NIODeadline

    init(period: TimeAmount, now: NIODeadline) {
        self.period = period
        last = now
    }

    /// By how much a tick at `now` is late.
    func lateness(at now: NIODeadline) -> TimeAmount { max(.zero, now - last - period) }

    /// To be called at each tick. Returns by how much the tick is late, if that is more than a whole period.
    mutating func stall(at now: NIODeadline) -> TimeAmount? {
        defer { last = now }
        let lateness = now - last - period
        return lateness > period ? lateness : nil
    }
}
