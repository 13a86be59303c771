import Testing

@testable import Mosquitto

@Suite("When messages arrived")
struct ListeningTests {
    private let start = ContinuousClock.now
    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test("what was waited for has just come; what was there already came since there was nothing left")
    func arrival() {
        var listening = Listening(since: at(0))
        listening.begin(at: at(1000), hasWaited: true)
        #expect(listening.earliest == at(950) && listening.silence == .seconds(1))
        listening.drained(at: at(1010))
        listening.begin(at: at(1020), hasWaited: true)
        #expect(listening.earliest == at(1010) && listening.silence == .milliseconds(10))
        listening.drained(at: at(1030))
        listening.begin(at: at(1500), hasWaited: false)
        #expect(listening.earliest == at(1030))
    }

    @Test("a time in which nothing was read is no silence, and what came in it came at any time of it")
    func pause() {
        var listening = Listening(since: at(0))
        listening.begin(at: at(100), hasWaited: true)
        listening.drained(at: at(110))
        listening.pause()
        listening.resume(at: at(5000))
        listening.begin(at: at(5001), hasWaited: false)
        #expect(listening.earliest == at(110) && listening.silence == .milliseconds(1))
        // Not all of it was read.
        listening.begin(at: at(5002), hasWaited: false)
        #expect(listening.earliest == at(110))
        listening.resume(at: at(5003))
        listening.drained(at: at(5004))
        listening.begin(at: at(6004), hasWaited: true)
        #expect(listening.silence == .seconds(1))
    }
}
