import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Devices and their settings")
struct DeviceBookTests {
    @Test("a pattern matches with any characters where its stars are")
    func matches() {
        #expect(DevicePattern("dock-*").matches("dock-1"))
        #expect(DevicePattern("dock-*").matches("dock-"))
        #expect(!DevicePattern("dock-*").matches("dock"))
        #expect(DevicePattern("*-door").matches("front-door"))
        #expect(DevicePattern("a*b*c").matches("a-b-b-c"))
        #expect(DevicePattern("a*b*c").matches("abc"))
        #expect(!DevicePattern("a*b*c").matches("acb"))
        #expect(!DevicePattern("ab*ba").matches("aba"))
        #expect(DevicePattern("*").matches(""))
        #expect(DevicePattern("dock-1").matches("dock-1"))
        #expect(!DevicePattern("dock-1").matches("dock-12"))
    }

    @Test("the most specific settings are taken, and what they leave out from *")
    func mostSpecific() {
        let book = DeviceBook([
            "*": DeviceSettings(operation: .subtract, location: "WH1", reason: "sale"),
            "dock-*": DeviceSettings(operation: .add, reason: "received"),
            "dock-1*": DeviceSettings(location: "WH2"),
            "dock-12": DeviceSettings(quantity: 12),
        ])
        #expect(book.settings(of: "till") == DeviceSettings(operation: .subtract, location: "WH1", reason: "sale"))
        #expect(book.settings(of: "dock-2") == DeviceSettings(operation: .add, location: "WH1", reason: "received"))
        #expect(book.settings(of: "dock-13") == DeviceSettings(operation: .subtract, location: "WH2", reason: "sale"))
        #expect(book.settings(of: "dock-12") == DeviceSettings(operation: .subtract, location: "WH1", reason: "sale", quantity: 12))
    }

    @Test("without * a device that nothing matches has no settings")
    func nothing() {
        #expect(DeviceBook(["dock-*": DeviceSettings(operation: .add)]).settings(of: "till") == DeviceSettings())
    }
}
