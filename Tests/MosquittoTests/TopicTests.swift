import Mosquitto
import Testing

@Suite("A topic")
struct TopicTests {
    @Test("is matched level by level")
    func isMatched() {
        #expect(Topic.matches("scanners/dock-1/scan", filter: "scanners/+/scan"))
        #expect(Topic.matches("scanners//scan", filter: "scanners/+/scan"))
        #expect(Topic.matches("a", filter: "#"))
        #expect(Topic.matches("a/b/c", filter: "a/#"))
        #expect(Topic.matches("a", filter: "a/#"))
        #expect(!Topic.matches("scanners/dock-1/ack", filter: "scanners/+/scan"))
        #expect(!Topic.matches("scanners/a/b/scan", filter: "scanners/+/scan"))
        #expect(!Topic.matches("scanners/a", filter: "scanners/+/scan"))
        #expect(!Topic.matches("$SYS/load", filter: "+/load"))
    }

    @Test("to publish to has no wildcard, no NUL and a length")
    func canBePublishedTo() {
        #expect(Topic.problem("displays/WH1/TEE-RED-M") == nil)
        #expect(Topic.problem(String(repeating: "a", count: 65_535)) == nil)
        #expect(Topic.problem(String(repeating: "a", count: 65_536)) != nil)
        #expect(Topic.problem(String(repeating: "/", count: 199)) == nil)
        #expect(Topic.problem(String(repeating: "/", count: 200)) != nil)
        for topic in ["", "a/+", "a/#", "a\0b"] { #expect(Topic.problem(topic) != nil) }
    }
}
