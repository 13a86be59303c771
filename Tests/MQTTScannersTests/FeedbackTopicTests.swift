import Testing

@testable import MQTTScanners

@Suite("The topic of feedback")
struct FeedbackTopicTests {
    @Test("becomes a topic, a filter and a gateway's own filter")
    func isUsed() throws {
        let topic = try FeedbackTopic("main/{gateway}/x-{device}/{event}")
        #expect(topic.topic(gateway: "g", device: "d", event: "display!") == "main/g/x-d/display!")
        #expect(topic.filter == "main/+/+/+")
        #expect(topic.own("%u") == "main/%u/+/+")
        #expect(try FeedbackTopic("main/{device}/{event}").own("%u") == "main/%u/+")
    }

    @Test("is none without a name that it needs, or with a name that would change its levels")
    func names() throws {
        let topic = try FeedbackTopic("main/{gateway}/{event}")
        for name in [nil, "", "a/b", "+", "a#", "a\0"] {
            #expect(topic.topic(gateway: name, device: "d", event: "e") == nil, "\(name ?? "no name")")
        }
        #expect(topic.topic(gateway: "{event}", device: "", event: "e") == "main/{event}/e")
    }

    @Test(
        "is refused with the reason",
        arguments: [
            ("{event}/{place}", "the topic can have {gateway}, {device}, {event} and no other braces"),
            ("{event}}", "the topic can have {gateway}, {device}, {event} and no other braces"),
            ("main/{gateway}", "the topic needs {event}, which is feedback! or display!"),
            ("+/{event}", "a topic to publish to cannot contain + or #"), ("", "a topic cannot be empty"),
        ])
    func refused(text: String, reason: String) throws {
        let mistake = try #require(throws: (any Error).self) { try FeedbackTopic(text) }
        #expect("\(mistake)" == reason)
    }
}
