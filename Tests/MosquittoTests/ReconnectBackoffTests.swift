import Testing

@testable import Mosquitto

@Suite("The wait before another connection")
struct ReconnectBackoffTests {
    private let policy = ReconnectPolicy(
        initial: .milliseconds(100), maximum: .seconds(1), refused: .seconds(5), stable: .seconds(10))

    @Test("doubles up to its maximum")
    func doubles() {
        var backoff = ReconnectBackoff(policy)
        let waits = (0..<6).map { _ in backoff.wait(after: .unreachable, fraction: 1) }
        #expect(waits == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    @Test("is anything between nothing and its ceiling")
    func isJittered() {
        var backoff = ReconnectBackoff(policy)
        #expect(backoff.wait(after: .unreachable, fraction: 0) == .zero)
        #expect(backoff.wait(after: .unreachable, fraction: 0.5) == .milliseconds(100))
    }

    @Test("starts anew only after a connection that held")
    func startsAnew() {
        var backoff = ReconnectBackoff(policy)
        for _ in 0..<3 { _ = backoff.wait(after: .unreachable, fraction: 1) }
        #expect(backoff.wait(after: .lost(after: .seconds(9)), fraction: 1) == .milliseconds(800))
        #expect(backoff.wait(after: .lost(after: .seconds(10)), fraction: 1) == .milliseconds(100))
    }

    @Test("is longer after a refusal, and ever longer")
    func isLongerAfterRefusal() {
        var backoff = ReconnectBackoff(policy)
        #expect(backoff.wait(after: .refused, fraction: 0) == .seconds(5))
        #expect(backoff.wait(after: .refused, fraction: 1) == .seconds(20))
        #expect(backoff.wait(after: .refused, fraction: 0) == .seconds(20))
        #expect(backoff.wait(after: .refused, fraction: 1) == .seconds(60))
        #expect(backoff.wait(after: .refused, fraction: 1) == .seconds(60))
        #expect(backoff.wait(after: .lost(after: .seconds(11)), fraction: 1) == .milliseconds(100))
        #expect(backoff.wait(after: .refused, fraction: 0) == .seconds(5))
    }

    @Test("grows while two clients fight for an id, though each connection holds for a while")
    func growsInAFight() {
        var backoff = ReconnectBackoff(policy)
        let waits = (0..<7).map { _ in backoff.wait(after: .takenOver(after: .seconds(20)), fraction: 1) }
        #expect(waits == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
        #expect(backoff.wait(after: .takenOver(after: .seconds(300)), fraction: 1) == .seconds(10))
    }

    @Test("suspects another client behind connections that are closed again and again, and nothing else behind them")
    func suspectsAnother() {
        var watch = TakeoverWatch(longWhile: .seconds(300))
        let short = Duration.seconds(1)
        var suspicions = [short, short, short, short, short, .seconds(200), .seconds(301), short].map {
            watch.isSuspected(afterCloseWithin: $0)
        }
        #expect(suspicions == [false, false, false, false, true, true, false, false])
        watch.reset()
        suspicions = [short, short, short, short, .seconds(11), short].map { watch.isSuspected(afterCloseWithin: $0) }
        #expect(suspicions == [false, false, false, false, false, false])
    }

    @Test("does not overflow after years of failures")
    func doesNotOverflow() {
        var backoff = ReconnectBackoff(policy)
        for _ in 0..<10_000 { _ = backoff.wait(after: .unreachable, fraction: 1) }
        #expect(backoff.wait(after: .unreachable, fraction: 1) == .seconds(1))
    }
}
