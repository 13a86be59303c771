import Mosquitto
import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Scans that are one scan")
struct WindowTests {
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
    private func span(_ earliest: Int64, _ latest: Int64) -> TimeSpan { TimeSpan(earliest: at(earliest), latest: at(latest)) }

    @Test("the same code from the same device is a bounce if it surely came within the window")
    func bounce() {
        var window = BounceWindow()
        func isBounce(_ key: String, _ device: String, _ time: TimeSpan?) -> Bool {
            window.note(key, of: device, at: time, window: .milliseconds(300)).isBounce
        }
        #expect(!isBounce("A", "d", span(0, 10)))
        #expect(isBounce("A", "d", span(200, 250)))
        #expect(!isBounce("A", "e", span(200, 250)), "of another device")
        #expect(!isBounce("A", "d", span(250, 300)), "it may be 300 ms after the first")
        #expect(!isBounce("B", "d", span(310, 320)), "another code")
        #expect(!isBounce("A", "d", span(330, 340)), "the first came back after another")
        #expect(!isBounce("A", "d", nil), "what may have waited counts")
        #expect(!isBounce("A", "d", span(350, 360)), "and is no beginning of a window")
        // Both came while the disk was busy for a second: they may be a second apart.
        #expect(!isBounce("C", "d", span(1000, 2000)) && !isBounce("C", "d", span(1000, 2000)))
        #expect(!isBounce("D", "d", span(5000, 5000)) && !isBounce("D", "d", span(4900, 4900)), "earlier is not after")
    }

    @Test("a bounce knows what became of its scan, also if that is decided later")
    func sharedOutcome() {
        var window = BounceWindow()
        let (first, _) = window.note("A", of: "d", at: span(0, 0), window: .seconds(1))
        let (again, isBounce) = window.note("A", of: "d", at: span(1, 1), window: .seconds(1))
        _ = window.note("B", of: "d", at: span(2, 2), window: .seconds(1))
        first.outcome = .rejected(Rejection(.unknownVariant, "no"))
        #expect(isBounce && again.outcome == first.outcome)
    }

    @Test("arrival is known from the client, but not for what may have waited at the broker")
    func arrival() {
        var clock = ArrivalClock()
        let start = ContinuousClock.now
        // The two clocks show the same, but for where they begin; each batch is looked at 5 ms after it was read.
        func arrival(_ earliest: Int64, _ latest: Int64, silence: Int, on connection: Int) -> TimeSpan? {
            let batch = InboundBatch(
                messages: [], arrival: (start + .milliseconds(earliest))...(start + .milliseconds(latest)),
                silence: .milliseconds(silence), connection: connection)
            return clock.arrival(of: batch, now: at(latest + 5), at: start + .milliseconds(latest + 5))
        }
        #expect(arrival(0, 1000, silence: 900, on: 1) == nil)
        #expect(arrival(1010, 1020, silence: 10, on: 1) == nil, "still what waited")
        #expect(arrival(1280, 1300, silence: 270, on: 1) == span(1280, 1300), "a pause ended it")
        #expect(arrival(1310, 1311, silence: 1, on: 1) == span(1310, 1311))
        #expect(arrival(8990, 9000, silence: 300, on: 2) == nil, "another connection")
        #expect(arrival(12000, 12000, silence: 1000, on: 3) == span(12000, 12000), "which had nothing to send")
    }

    @Test("a tag counts again when it was out of sight for the window, not while it lies there")
    func tags() {
        var window = TagWindow()
        func counts(_ second: Int64, _ tag: String = "T", _ device: String = "d") -> Bool {
            window.see(tag, by: device, at: at(second * 1000), window: .seconds(10))
        }
        #expect(counts(0) && !counts(5) && !counts(14) && !counts(23))
        #expect(counts(33) && counts(33, "U") && counts(33, "T", "e"))
        window.forget("T", of: "d")
        #expect(counts(34))
    }
}
