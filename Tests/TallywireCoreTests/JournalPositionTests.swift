import TallywireCore
import Testing

@Suite("A position in a journal")
struct JournalPositionTests {
    @Test("is read as it was written", arguments: [("e", 0), ("a:b", 7), ("e", UInt64.max)])
    func roundTrip(epoch: String, seq: UInt64) {
        let position = JournalPosition(epoch: epoch, seq: seq)
        #expect(position.description == "\(epoch):\(seq)" && JournalPosition(position.description) == position)
    }

    @Test(
        "is none with anything but digits behind the colon",
        arguments: ["", "e", "e:", ":5", "e:+5", "e:-5", "e: 5", "e:18446744073709551616"])
    func refused(text: String) {
        #expect(JournalPosition(text) == nil)
    }
}
