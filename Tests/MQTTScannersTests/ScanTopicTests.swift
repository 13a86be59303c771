import Testing

@testable import MQTTScanners

@Suite("The topic of scanners")
struct ScanTopicTests {
    @Test("becomes a subscription, a device's topic and the topic of its replies")
    func isUsed() throws {
        let topic = try ScanTopic(template: "scanners/{device}/scan")
        #expect(topic.filter == "scanners/+/scan")
        #expect(topic.device(of: "scanners/dock-1/scan") == "dock-1")
        #expect(topic.device(of: "scanners//scan") == "")
        #expect(topic.device(of: "scanners/dock-1/ack") == nil)
        #expect(topic.device(of: "scanners/dock-1/scan/x") == nil)
        #expect(topic.scans(of: "dock-1") == "scanners/dock-1/scan")
        #expect(topic.replyTopic(forScansOn: "scanners/dock-1/scan") == "scanners/dock-1/ack")
    }

    @Test("gets `ack` behind the device if that is the last level")
    func deviceIsLast() throws {
        let topic = try ScanTopic(template: "shop/scan/{device}")
        #expect(topic.filter == "shop/scan/+")
        #expect(topic.replyTopic(forScansOn: "shop/scan/7") == "shop/scan/7/ack")
    }

    @Test(
        "is refused if it cannot be",
        arguments: [
            "scanners/scan", "scanners/{device}/{device}", "scanners/x{device}/scan", "scanners/{device}/a+", "#/{device}",
            "scanners/{device}/ack", "{site}/{device}/scan", "",
        ])
    func isRefused(template: String) {
        #expect(throws: ScanTopic.Mistake.self) { try ScanTopic(template: template) }
    }

    @Test("may have wildcards: the device is its own level, and the reply goes to the levels that the scan came on")
    func hasWildcards() throws {
        let topic = try ScanTopic(template: "plant/+/scanners/{device}/scan")
        #expect(topic.filter == "plant/+/scanners/+/scan")
        #expect(topic.device(of: "plant/north/scanners/dock-1/scan") == "dock-1")
        #expect(topic.device(of: "plant/north/printers/dock-1/scan") == nil)
        #expect(topic.replyTopic(forScansOn: "plant/north/scanners/dock-1/scan") == "plant/north/scanners/dock-1/ack")
        #expect(topic.scans(of: "dock-1") == nil)
        #expect(topic.example(of: "x") == "plant/x/scanners/x/scan")
    }

    @Test("may end with anything: neither its own replies nor statuses come back as scans")
    func endsWithAnything() throws {
        let topic = try ScanTopic(template: "shop/{device}/#")
        #expect(topic.filter == "shop/+/#")
        #expect(topic.device(of: "shop/7/a/b/scan") == "7")
        #expect(topic.replyTopic(forScansOn: "shop/7/a/b/scan") == "shop/7/a/b/ack")
        #expect(topic.device(of: "shop/7/a/b/ack") == nil)
        #expect(topic.device(of: "shop/7/status") == nil)
        #expect(topic.device(of: "shop/7") == nil)
        #expect(try ScanTopic(template: "shop/{device}/+").device(of: "shop/7/ack") == nil)
    }

    @Test("becomes a shared subscription for a group")
    func isShared() throws {
        let topic = try ScanTopic(template: "scanners/{device}/scan")
        #expect(topic.filter(sharedBy: "stock") == "$share/stock/scanners/+/scan")
        #expect(topic.filter(sharedBy: nil) == topic.filter)
    }
}
