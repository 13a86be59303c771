import TallywirePipeline
import Testing

@testable import MQTTScanners

@Suite("Where replies may be asked for")
struct ResponseTopicTests {
    private let scans: ScanTopic

    init() throws { scans = try ScanTopic(template: "plant/{device}/scan") }

    private let uses = [
        TopicUse(filter: "displays/+/+", purpose: "where “displays” publishes displays"),
        TopicUse(filter: "tallywire/status", purpose: "where “displays” says that the server is there"),
        TopicUse(filter: "plant/+/scan", kind: .devices, purpose: "where “mqtt-scanners” takes scans"),
        TopicUse(filter: "plant/+/status", kind: .devices, purpose: "where devices say that they are there"),
        TopicUse(filter: "plant/+/ack", kind: .answers, purpose: "where scans are answered"),
        TopicUse(filter: "other/+/scan", kind: .devices, purpose: "where “other” takes scans"),
    ]

    @Test("where nothing is said, a device may ask for what is below its own level, but for scans and statuses")
    func standard() {
        let topics = ResponseTopics(of: scans, reserved: ["plant/+/scan", "plant/+/status"])
        #expect(topics.allow("plant/d/ack", to: "d") && topics.allow("plant/d/any/where", to: "d"))
        for topic in ["plant/d/scan", "plant/d/status", "plant/e/ack", "other", "plant/+/ack", "", "$SYS/plant/d"] {
            #expect(!topics.allow(topic, to: "d"), "\(topic)")
        }
    }

    @Test("a topic whose letters have any number of marks is nobody's")
    func marks() {
        let wanted = "plant/d/a" + String(repeating: "\u{301}\u{316}", count: 16_000)
        #expect(!ResponseTopics(of: scans).allow(wanted, to: "d"))
    }

    @Test("patterns say where else, and what is another's stays closed")
    func patterns() {
        let topics = ResponseTopics(patterns: ["answers/{device}/+", "#"], reserved: ["displays/+/+", "other/+/scan"])
        #expect(topics.allow("answers/d/1", to: "d") && topics.allow("x/y", to: "d"))
        #expect(!topics.allow("displays/MAIN/TEE", to: "d") && !topics.allow("other/d/scan", to: "d"))
    }

    @Test(
        "a pattern that reaches topics which mean something else is refused",
        arguments: [
            ("#", "displays/+/+"), ("displays/{device}/+", "displays/+/+"), ("tallywire/+", "tallywire/status"),
            ("plant/#", "plant/+/scan"),
            ("+/+/scan", "displays/+/+"), ("plant/+/ack", "plant/+/ack"), ("plant/{device}/scan", "plant/+/scan"),
        ])
    func reaching(pattern: String, reached: String) throws {
        let problem = try #require(ResponseTopics.problem(pattern, reserved: uses))
        #expect(problem.contains(reached), "\(problem)")
    }

    @Test(
        "a pattern with the device's name reaches its own alone",
        arguments: ["plant/{device}/#", "answers/{device}", "a/+/{device}/x"])
    func own(pattern: String) {
        #expect(ResponseTopics.problem(pattern, reserved: uses) == nil)
    }

    @Test("what is no pattern is refused", arguments: ["", "a/#/b", "a/b+", "{other}/x", "$SYS/#"])
    func malformed(pattern: String) {
        #expect(ResponseTopics.problem(pattern, reserved: []) != nil)
    }
}
