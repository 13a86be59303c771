import Mosquitto
import Testing

@testable import MQTTSink

@Suite("What the broker retains")
struct RetainedImageTests {
    private func mark(_ text: String) -> DisplayMark { DisplayMark(Array(text.utf8)) }
    private func message(_ topic: String, _ text: String) -> InboundMessage {
        InboundMessage(topic: topic, payload: Array(text.utf8), packetID: nil, isRetained: true)
    }

    @Test(
        "seq and timestamp do not count, wherever they stand",
        arguments: [
            (#"{"sku":"A","seq":1,"timestamp":"2026"}"#, #"{"sku":"A","seq":99,"timestamp":"2027\"}"}"#),
            (#"{"seq":1,"sku":"A"}"#, #"{"seq":12345,"sku":"A"}"#), (#"{"timestamp":"a","b":1}"#, #"{"timestamp":"b","b":1}"#),
        ])
    func momentsDoNotCount(one: String, other: String) {
        #expect(mark(one) == mark(other))
    }

    @Test(
        "everything else counts",
        arguments: [
            (#"{"sku":"A","seq":1}"#, #"{"sku":"B","seq":1}"#), (#"{"a":{"seq":1}}"#, #"{"a":{"seq":2}}"#),
            (#"{"name":"\"seq\":1"}"#, #"{"name":"\"seq\":2"}"#), ("seq 1", "seq 2"), (#"{"seq":1}"#, #"{"timestamp":1}"#),
            (#"{"sku":"A","seq":1}"#, #"{"sku":"A"}"#), ("{", "{}"), ("{\"seq\":}", "{\"seq\"}"), ("", "{}"),
        ])
    func restCounts(one: String, other: String) {
        #expect(mark(one) != mark(other))
    }

    @Test("any bytes have a mark")
    func anyBytes() {
        for text in ["{\"", "{\"seq\":\"}", "{\"seq\":\\}", "{:}", "{\"seq\"::::}", "{\"a\\\"}", "{\"seq\":1\"}"] { _ = mark(text) }
        _ = DisplayMark([0x7b, 0xff, 0x22, 0x5c, 0x7d])
    }

    @Test("two spellings of a text are two topics, as they are to the broker")
    func spellings() {
        var image = RetainedImage(limit: 10)
        image.note(message("displays/S\u{DC}D/A", "right"))
        image.note(message("displays/SU\u{308}D/A", "wrong"))
        #expect(image.count == 2)
        let isRight = image.take("displays/S\u{DC}D/A", showing: Array("right".utf8))
        #expect(isRight)
        #expect(image.rest.map { Array($0.utf8) } == [Array("displays/SU\u{308}D/A".utf8)])
    }

    @Test("a topic that is taken is not left over, whether it was right or wrong")
    func taking() {
        var image = RetainedImage(limit: 10)
        for topic in ["a", "b", "c"] { image.note(message(topic, "1")) }
        let answers = [("a", "1"), ("b", "2"), ("d", "1")].map { image.take($0.0, showing: Array($0.1.utf8)) }
        #expect(answers == [true, false, false])
        #expect(Array(image.rest) == ["c"])
    }

    @Test("over the limit topics are counted and not kept; those that are kept are still kept up to date")
    func limit() {
        var image = RetainedImage(limit: 1)
        for topic in ["a", "b"] { image.note(message(topic, "1")) }
        image.note(message("a", "2"))
        #expect(image.count == 1 && image.unkept == 1)
        let isRight = image.take("a", showing: Array("2".utf8))
        #expect(isRight)
    }
}
