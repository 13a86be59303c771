import Testing

@testable import TallywireAuthentication

/// A schedule that expectations may change.
private final class Schedule {
    var value: FetchSchedule

    init(_ settings: PublishedKeys.Settings, at now: ContinuousClock.Instant) { value = FetchSchedule(settings, at: now) }

    func tick(at now: ContinuousClock.Instant, orders: Bool = false) -> Bool { value.tick(at: now, orders: orders) }
    func ask(at now: ContinuousClock.Instant) -> FetchSchedule.Answer { value.ask(at: now) }
}

@Suite("When published keys are fetched")
struct FetchScheduleTests {
    private let start = ContinuousClock.now
    private let settings = PublishedKeys.Settings(refresh: .seconds(600), askAgain: .seconds(30), keep: .seconds(3_600))

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A schedule whose first fetch succeeded at once.
    private func fetched(maxAge: Duration? = nil) -> Schedule {
        let schedule = Schedule(settings, at: start)
        #expect(schedule.tick(at: start))
        schedule.value.begin()
        schedule.value.succeeded(at: start, maxAge: maxAge)
        return schedule
    }

    @Test("the first fetch is due at once, and while one is under way no other begins")
    func first() {
        let schedule = Schedule(settings, at: start)
        #expect(!schedule.value.areUsable(at: start) && schedule.value.isBehind)
        #expect(schedule.tick(at: start))
        #expect(!schedule.tick(at: start) && !schedule.tick(at: start, orders: true))
        #expect(schedule.ask(at: start) == .joins)
        schedule.value.begin()
        #expect(!schedule.tick(at: after(10_000)))
        #expect(schedule.ask(at: start) == .joins)
        schedule.value.succeeded(at: after(1), maxAge: nil)
        #expect(schedule.value.areUsable(at: after(1)) && !schedule.value.isBehind)
    }

    @Test(
        "the next fetch comes after max-age, but not before a minute and not after the longest time",
        arguments: [(nil, 600), (0, 60), (59, 60), (61, 61), (600, 600), (601, 600), (4_000_000_000, 600)] as [(Int64?, Double)])
    func maxAge(given: Int64?, expected: Double) {
        let schedule = fetched(maxAge: given.map { .seconds($0) })
        #expect(!schedule.tick(at: after(expected - 0.001)))
        #expect(schedule.tick(at: after(expected)))
    }

    @Test("unknown keys have the keys fetched at most once in a while, and orders are carried out at once")
    func asking() {
        var schedule = fetched()
        func answers(_ seconds: Double) -> FetchSchedule.Answer {
            let answer = schedule.ask(at: after(seconds))
            if answer == .begins {
                schedule.value.begin()
                schedule.value.succeeded(at: after(seconds), maxAge: nil)
            }
            return answer
        }
        #expect(answers(600) == .begins && answers(601) == .begins, "a fetch that was due anyway does not count")
        schedule = fetched()
        #expect(answers(1) == .begins, "a fetch that came by itself does not count")
        #expect(answers(1) == .refused)
        #expect(answers(30.999) == .refused)
        #expect(answers(31) == .begins)
        #expect(schedule.tick(at: after(31), orders: true))
    }

    @Test("after a failure it is tried again soon, later each time, and the keys serve on until they are too old")
    func failures() {
        let schedule = fetched()
        for (failures, pause) in [(1, 1.0), (2, 2), (3, 4), (6, 30), (20, 30)] {
            let copy = fetched()
            for _ in 0..<failures { copy.value.failed(at: after(100), share: 1) }
            #expect(!copy.tick(at: after(100 + pause - 0.001)))
            #expect(copy.tick(at: after(100 + pause)))
        }
        schedule.value.failed(at: after(100))
        #expect(
            schedule.value.isBehind && schedule.value.areUsable(at: after(3_599.999)) && !schedule.value.areUsable(at: after(3_600))
        )
        schedule.value.succeeded(at: after(4_000), maxAge: nil)
        #expect(!schedule.value.isBehind && schedule.value.areUsable(at: after(4_000)))
    }
}
