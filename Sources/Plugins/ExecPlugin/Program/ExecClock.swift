/// The time by which deadlines are judged. It never goes back, and tests move it by hand.
struct ExecClock: Sendable {
    /// The time since some fixed moment.
    var now: @Sendable () -> Duration
    /// Returns after this time, or throws when the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void

    /// The time that the machine counts.
    static let machine: ExecClock = {
        let start = ContinuousClock.now
        return ExecClock(now: { start.duration(to: .now) }, sleep: { try await Task.sleep(for: $0) })
    }()
}
