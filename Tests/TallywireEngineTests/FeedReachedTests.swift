import Logging
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireEngine

@Suite("Waiting for an event that another node has given", .timeLimit(.minutes(1)))
struct FeedReachedTests {
    private let feed = Feed(journal: InMemoryJournal(), head: 4)

    private func publish(_ seq: UInt64) {
        let event = EventEnvelope(
            seq: seq, timestamp: Timestamp(milliseconds: 0), type: .stockAlert, subject: .init(), json: Array("{}".utf8))
        feed.publish([event])
    }

    @Test("what is there is there at once")
    func there() async {
        #expect(await feed.reached(4, within: .zero))
        #expect(await feed.reached(0, within: .zero))
    }

    @Test("what comes in time is waited for, past other events")
    func comes() async {
        async let isThere = feed.reached(6, within: .seconds(60))
        publish(5)
        publish(6)
        #expect(await isThere)
    }

    @Test("what does not come is given up")
    func late() async {
        async let isThere = feed.reached(6, within: .milliseconds(20))
        publish(5)
        #expect(await !isThere)
    }

    @Test("nothing is waited for once the feed is closed, or by a task that is cancelled")
    func over() async {
        let waiting = Task { await feed.reached(9, within: .seconds(600)) }
        waiting.cancel()
        #expect(await !waiting.value)
        feed.close()
        #expect(await !feed.reached(9, within: .seconds(600)))
    }
}
