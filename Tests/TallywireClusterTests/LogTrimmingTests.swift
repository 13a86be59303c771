import TallywireCluster
import Testing

@Suite("What a leader deletes from the log")
struct LogTrimmingTests {
    private let limits = LogTrimming.Limits(period: .seconds(1), age: .seconds(600), bytes: 1_000)

    /// A leader that began behind the entry 10, of which the log keeps none, and has written an entry each second since.
    private func trimming(entries: UInt64, bytes: Int = 1) -> LogTrimming {
        var trimming = LogTrimming(limits, after: 10)
        trimming.measured([], at: .zero)
        for number in 1...entries { trimming.wrote(StoredEntry(index: 10 + number, bytes: bytes), at: .seconds(Int64(number))) }
        return trimming
    }

    private func report(_ node: String, flushed: UInt64, applied: UInt64 = .max, beat: UInt64 = 1) -> NodeReport {
        NodeReport(node: node, address: node, version: "1", applied: applied, flushed: flushed, beat: beat)
    }

    @Test("an entry that all nodes have on their disk goes when it is old enough, and not a moment earlier")
    func age() {
        var trimming = trimming(entries: 20)
        let reports = [report("a", flushed: 30), report("b", flushed: 25)]
        #expect(trimming.end(reports, at: .milliseconds(600_999)) == nil)
        #expect(trimming.end(reports, at: .seconds(601)) == 12)
        #expect(trimming.end(reports, at: .seconds(605)) == 16)
        #expect(trimming.end(reports, at: .seconds(9_999)) == 26, "b has no more on its disk")
        trimming.trimmed(before: 16)
        #expect(trimming.end(reports, at: .seconds(605)) == nil, "that is gone already")
        #expect(trimming.end(reports, at: .seconds(606)) == 17)
    }

    @Test("what a node has applied and not flushed is kept, and so is everything if no node has reported")
    func flushed() {
        let trimming = trimming(entries: 5)
        #expect(trimming.end([report("a", flushed: 15), report("b", flushed: 10, applied: 15)], at: .seconds(9_999)) == nil)
        #expect(trimming.end([], at: .seconds(9_999)) == nil)
    }

    @Test("a node that is away holds the log up to the bytes, and no longer")
    func bytes() {
        var trimming = trimming(entries: 20, bytes: 100)
        let reports = [report("a", flushed: 30), report("away", flushed: 12)]
        #expect(trimming.end(reports, at: .seconds(20)) == 21, "1000 bytes are kept")
        trimming.trimmed(before: 21)
        #expect(trimming.end(reports, at: .seconds(20)) == nil, "no more than the limit is there now")
        trimming.wrote(StoredEntry(index: 31, bytes: 1), at: .seconds(21))
        #expect(trimming.end(reports, at: .seconds(21)) == 22)
    }

    @Test("what is on no disk of a node is kept, however many bytes there are")
    func onNoDisk() {
        let trimming = trimming(entries: 20, bytes: 10_000)
        #expect(trimming.end([report("a", flushed: 13, applied: 30), report("b", flushed: 0)], at: .seconds(20)) == 14)
        #expect(trimming.end([report("a", flushed: 10, applied: 30)], at: .seconds(9_999)) == nil)
    }

    @Test("a new leader measures what is there, deletes nothing until then, and counts it as it counts its own")
    func takeover() {
        var trimming = LogTrimming(limits, after: 10)
        let reports = [report("a", flushed: 30)]
        trimming.wrote(StoredEntry(index: 11, bytes: 200), at: .seconds(1))
        #expect(trimming.unmeasured == 0 && trimming.end(reports, at: .seconds(9_999)) == nil)
        trimming.measured((5...7).map { StoredEntry(index: $0, bytes: 300) }, at: .seconds(2))
        #expect(trimming.unmeasured == 7 && trimming.end(reports, at: .seconds(9_999)) == nil)
        trimming.wrote(StoredEntry(index: 12, bytes: 200), at: .seconds(3))
        // The last page goes beyond what was there, into what the leader has written itself.
        trimming.measured((8...12).map { StoredEntry(index: $0, bytes: 100) }, at: .seconds(4))
        #expect(trimming.unmeasured == nil)
        // 900 and 300 bytes of before, and 400 of its own.
        #expect(trimming.end(reports, at: .seconds(5)) == 7)
        #expect(trimming.end(reports, at: .seconds(601)) == 7, "what was there is as old as the term")
        #expect(trimming.end(reports, at: .seconds(602)) == 8)
        #expect(trimming.end(reports, at: .seconds(604)) == 13)
    }

    @Test("a new leader of an empty log, or of one that ends with a page, has measured all")
    func measured() {
        #expect(LogTrimming(limits, after: 0).unmeasured == nil)
        var trimming = LogTrimming(limits, after: 3)
        trimming.measured([StoredEntry(index: 2, bytes: 1), StoredEntry(index: 3, bytes: 1)], at: .zero)
        #expect(trimming.unmeasured == nil)
    }
}
