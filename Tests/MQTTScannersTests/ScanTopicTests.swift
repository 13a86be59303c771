import Testing

@testable import MQTTScanners

@Suite("The topic of scanners")
struct ScanTopicTests {
    @Test("becomes a subscription, a device's topic and the place of its answers")
    func isUsed() throws {
        let topic = try ScanTopic(template: "scanners/{device}/scan")
        #expect(topic.filter == "scanners/+/scan")
        #expect(topic.device(of: "scanners/dock-1/scan") == "dock-1")
        #expect(topic.device(of: "scanners//scan") == "")
        #expect(topic.device(of: "scanners/dock-1/ack") == nil)
        #expect(topic.device(of: "scanners/dock-1/scan/x") == nil)
        #expect(topic.scans(of: "dock-1") == "scanners/dock-1/scan")
        #expect(topic.answers(to: "dock-1") == "scanners/dock-1/ack")
    }

    @Test("gets `ack` behind the device if that is the last level")
    func deviceIsLast() throws {
        let topic = try ScanTopic(template: "shop/scan/{device}")
        #expect(topic.filter == "shop/scan/+")
        #expect(topic.answers(to: "7") == "shop/scan/7/ack")
    }

    @Test(
        "is refused if it cannot be",
        arguments: [
            "scanners/scan", "scanners/{device}/{device}", "scanners/x{device}/scan", "scanners/{device}/+", "#/{device}",
            "scanners/{device}/ack", "{site}/{device}/scan", "",
        ])
    func isRefused(template: String) {
        #expect(throws: ScanTopic.Mistake.self) { try ScanTopic(template: template) }
    }
}
