import TallywireCore
import TallywirePipeline
import Testing

@testable import MQTTSink

@Suite("What displays have to show and what they confirmed")
struct ConfirmationBookTests {
    private let key = DisplayKey(location: "MAIN", sku: "RED")
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
    private func book(limit: Int = 10) -> ConfirmationBook { ConfirmationBook(sink: "s", within: .seconds(60), limit: limit) }

    @Test("a confirmation of 513 brackets is none, and the server lives")
    func deeplyNested() {
        #expect(Confirmation(Array(repeating: UInt8(ascii: "["), count: 513)) == nil)
        #expect(Confirmation(Array(#"{"version":7}"#.utf8))?.version == 7)
    }

    /// A book with one display that shows version 4, and shall show 5 since second 100.
    private func late() -> ConfirmationBook {
        var book = book()
        let isTaken = book.add(key, wanted: 4, now: time(0))
        #expect(isTaken)
        book.confirm(4, at: key, now: time(0))
        book.want(5, at: key, isPublished: true, now: time(100))
        return book
    }

    @Test("a display is late when the time is over, to the millisecond")
    func edge() {
        let book = late()
        #expect(book.findings(now: Timestamp(milliseconds: 159_999)).isEmpty)
        #expect(book.findings(now: time(160)).map(\.change.isStale) == [true])
    }

    @Test("what the broker does not have yet cannot be late")
    func unpublished() {
        var book = late()
        book.want(6, at: key, isPublished: false, now: time(100))
        #expect(book.findings(now: time(1000)).isEmpty)
        book.want(6, at: key, isPublished: true, now: time(1000))
        #expect(book.findings(now: time(1059)).isEmpty && book.findings(now: time(1060)).count == 1)
    }

    @Test("a display that goes back to an older version has the time from then on")
    func backwards() {
        var book = late()
        book.confirm(5, at: key, now: time(110))
        #expect(book.findings(now: time(1000)).isEmpty)
        book.confirm(4, at: key, now: time(1000))
        #expect(book.findings(now: time(1059)).isEmpty && book.findings(now: time(1060)).count == 1)
    }

    @Test("the same finding has the same id until it was reported, and another one afterwards")
    func ids() throws {
        var book = late()
        let stale = try #require(book.findings(now: time(160)).first)
        #expect(book.findings(now: time(170)).first == stale)
        #expect(stale.id.utf8.count <= Limits.movementIDLength && stale.id.utf8.allSatisfy { (0x21...0x7e).contains($0) })
        book.reported(stale, by: 7)
        #expect(book.findings(now: time(180)).isEmpty && book.staleCount == 1)
        book.confirm(5, at: key, now: time(180))
        let current = try #require(book.findings(now: time(180)).first)
        #expect(!current.change.isStale)
        book.reported(current, by: 8)
        book.confirm(4, at: key, now: time(200))
        let again = try #require(book.findings(now: time(300)).first)
        // The versions are those of the first time; the id is not, or the report would be taken for a repeat.
        #expect(again.change == stale.change && again.id != stale.id)
        #expect(book.staleCount == 0)
    }

    @Test("what an earlier run reported is known, with the id that follows it")
    func restored() throws {
        var book = late()
        let stale = try #require(book.findings(now: time(160)).first)
        book.reported(stale, by: 7)
        book.confirm(5, at: key, now: time(180))
        let expected = try #require(book.findings(now: time(180)).first)

        var heir = self.book()
        heir.restore(stale.change, seq: 7, at: time(160))
        #expect(heir.staleCount == 1 && heir.records.map(\.isStale) == [true])
        heir.confirm(5, at: key, now: time(500))
        #expect(heir.findings(now: time(500)) == [expected])

        var other = self.book()
        other.restore(expected.change, seq: 8, at: time(180))
        #expect(!other.knows(key))
        let isTaken = other.add(key, wanted: 5, now: time(500))
        #expect(isTaken)
        #expect(other.entries[key]?.reported == 8)
    }

    @Test("what a sweep does not name is forgotten")
    func sweep() {
        var book = late()
        let other = DisplayKey(location: "MAIN", sku: "BLUE")
        let isTaken = book.add(other, wanted: 1, now: time(0))
        #expect(isTaken)
        book.beginSweep()
        book.want(5, at: key, isPublished: true, now: time(200))
        book.endSweep()
        #expect(book.knows(key) && !book.knows(other))
    }

    @Test("a book that is full takes no further display, and looks after those that it has")
    func limit() {
        var book = book(limit: 1)
        let isTaken = book.add(key, wanted: 1, now: time(0))
        #expect(isTaken)
        let isTakenToo = book.add(DisplayKey(location: "MAIN", sku: "BLUE"), wanted: 1, now: time(0))
        #expect(!isTakenToo)
        book.confirm(1, at: key, now: time(1))
        #expect(book.records.map(\.shownVersion) == [1])
    }
}
