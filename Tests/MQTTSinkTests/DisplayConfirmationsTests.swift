import TallywireCore
import TallywirePipeline
import Testing

@testable import MQTTSink

@Suite("What displays have to show and what they confirmed")
struct DisplayConfirmationsTests {
    private let key = DisplayKey(location: "MAIN", sku: "RED")
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
    private func confirmations(limit: Int = 10) -> DisplayConfirmations {
        DisplayConfirmations(sink: "s", within: .seconds(60), limit: limit)
    }

    @Test("a confirmation of 513 brackets is none, and the server lives")
    func deeplyNested() {
        #expect(Confirmation(Array(repeating: UInt8(ascii: "["), count: 513)) == nil)
        #expect(Confirmation(Array(#"{"version":7}"#.utf8))?.version == 7)
    }

    /// Confirmations with one display that shows version 4, and shall show 5 since second 100.
    private func late() -> DisplayConfirmations {
        var confirmations = confirmations()
        let isTaken = confirmations.add(key, wanted: 4, now: time(0))
        #expect(isTaken)
        confirmations.confirm(4, at: key, now: time(0))
        confirmations.want(5, at: key, isPublished: true, now: time(100))
        return confirmations
    }

    @Test("a display is late when the time is over, to the millisecond")
    func edge() {
        let confirmations = late()
        #expect(confirmations.findings(now: Timestamp(milliseconds: 159_999)).isEmpty)
        #expect(confirmations.findings(now: time(160)).map(\.change.isStale) == [true])
    }

    @Test("what the broker does not have yet cannot be late")
    func unpublished() {
        var confirmations = late()
        confirmations.want(6, at: key, isPublished: false, now: time(100))
        #expect(confirmations.findings(now: time(1000)).isEmpty)
        confirmations.want(6, at: key, isPublished: true, now: time(1000))
        #expect(confirmations.findings(now: time(1059)).isEmpty && confirmations.findings(now: time(1060)).count == 1)
    }

    @Test("a display that goes back to an older version has the time from then on")
    func backwards() {
        var confirmations = late()
        confirmations.confirm(5, at: key, now: time(110))
        #expect(confirmations.findings(now: time(1000)).isEmpty)
        confirmations.confirm(4, at: key, now: time(1000))
        #expect(confirmations.findings(now: time(1059)).isEmpty && confirmations.findings(now: time(1060)).count == 1)
    }

    @Test("the same finding has the same id until it was reported, and another one afterwards")
    func ids() throws {
        var confirmations = late()
        let stale = try #require(confirmations.findings(now: time(160)).first)
        #expect(confirmations.findings(now: time(170)).first == stale)
        #expect(stale.id.utf8.count <= Limits.movementIDLength && stale.id.utf8.allSatisfy { (0x21...0x7e).contains($0) })
        confirmations.reported(stale, by: 7)
        #expect(confirmations.findings(now: time(180)).isEmpty && confirmations.staleCount == 1)
        confirmations.confirm(5, at: key, now: time(180))
        let current = try #require(confirmations.findings(now: time(180)).first)
        #expect(!current.change.isStale)
        confirmations.reported(current, by: 8)
        confirmations.confirm(4, at: key, now: time(200))
        let again = try #require(confirmations.findings(now: time(300)).first)
        // The versions are those of the first time; the id is not, or the report would be taken for a repeat.
        #expect(again.change == stale.change && again.id != stale.id)
        #expect(confirmations.staleCount == 0)
    }

    @Test("what an earlier run reported is known, with the id that follows it")
    func restored() throws {
        var confirmations = late()
        let stale = try #require(confirmations.findings(now: time(160)).first)
        confirmations.reported(stale, by: 7)
        confirmations.confirm(5, at: key, now: time(180))
        let expected = try #require(confirmations.findings(now: time(180)).first)

        var successor = self.confirmations()
        successor.restore(stale.change, seq: 7, at: time(160))
        #expect(successor.staleCount == 1 && successor.records.map(\.isStale) == [true])
        successor.confirm(5, at: key, now: time(500))
        #expect(successor.findings(now: time(500)) == [expected])

        var other = self.confirmations()
        other.restore(expected.change, seq: 8, at: time(180))
        #expect(!other.knows(key))
        let isTaken = other.add(key, wanted: 5, now: time(500))
        #expect(isTaken)
        #expect(other.entries[key]?.reported == 8)
    }

    @Test("what a sweep does not name is forgotten")
    func sweep() {
        var confirmations = late()
        let other = DisplayKey(location: "MAIN", sku: "BLUE")
        let isTaken = confirmations.add(other, wanted: 1, now: time(0))
        #expect(isTaken)
        confirmations.beginSweep()
        confirmations.want(5, at: key, isPublished: true, now: time(200))
        confirmations.endSweep()
        #expect(confirmations.knows(key) && !confirmations.knows(other))
    }

    @Test("a full table of confirmations takes no further display, and goes on tracking those that it has")
    func limit() {
        var confirmations = confirmations(limit: 1)
        let isTaken = confirmations.add(key, wanted: 1, now: time(0))
        #expect(isTaken)
        let isTakenToo = confirmations.add(DisplayKey(location: "MAIN", sku: "BLUE"), wanted: 1, now: time(0))
        #expect(!isTakenToo)
        confirmations.confirm(1, at: key, now: time(1))
        #expect(confirmations.records.map(\.shownVersion) == [1])
    }
}
