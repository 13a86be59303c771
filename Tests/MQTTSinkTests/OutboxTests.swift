import Mosquitto
import Testing

@testable import MQTTSink

@Suite("The messages of a delivery")
struct OutboxTests {
    private func message(_ topic: String, _ text: String, retain: Bool = true) -> MQTTMessage {
        MQTTMessage(topic: topic, payload: Array(text.utf8), retain: retain)
    }

    @Test("of a retained topic only the newest stays, in the place of the newest")
    func newest() {
        var outbox = Outbox()
        outbox.put(message("a", "1"), seq: 1)
        outbox.put(message("b", "2"), seq: 2)
        outbox.put(message("a", "3"), seq: 3)
        #expect(outbox.entries.map(\.message) == [message("b", "2"), message("a", "3")])
        #expect(outbox.merged == 1)
    }

    @Test("an older state does not take the place of a newer one, nor one of the same event")
    func older() {
        var outbox = Outbox()
        outbox.put(message("a", "event"), seq: 3)
        outbox.put(message("a", "read"), seq: 3)
        outbox.put(message("a", "old"), seq: 2)
        #expect(outbox.entries.map(\.message) == [message("a", "event")])
        #expect(outbox.merged == 1)
    }

    @Test("what is not retained is all published")
    func notRetained() {
        var outbox = Outbox()
        for seq in 1...3 { outbox.put(message("a", "\(seq)", retain: false), seq: UInt64(seq)) }
        #expect(outbox.entries.map(\.seq) == [1, 2, 3])
        #expect(outbox.merged == 0)
    }

    @Test("an event that another rule published is not merged")
    func otherRule() {
        var outbox = Outbox()
        outbox.put(message("display", "1"), seq: 1)
        outbox.put(message("events", "1", retain: false), seq: 1)
        outbox.put(message("display", "2"), seq: 2)
        #expect(outbox.entries.map(\.seq) == [1, 2])
        #expect(outbox.merged == 0)
    }
}
