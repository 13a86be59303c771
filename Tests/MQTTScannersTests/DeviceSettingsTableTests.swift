import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("Devices and their settings")
struct DeviceSettingsTableTests {
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
        let table = DeviceSettingsTable([
            "*": DeviceSettings(operation: .subtract, location: "WH1", reason: "sale"),
            "dock-*": DeviceSettings(operation: .add, reason: "received"),
            "dock-1*": DeviceSettings(location: "WH2"),
            "dock-12": DeviceSettings(quantity: 12),
        ])
        #expect(table.settings(of: "till") == DeviceSettings(operation: .subtract, location: "WH1", reason: "sale"))
        #expect(table.settings(of: "dock-2") == DeviceSettings(operation: .add, location: "WH1", reason: "received"))
        #expect(table.settings(of: "dock-13") == DeviceSettings(operation: .subtract, location: "WH2", reason: "sale"))
        #expect(
            table.settings(of: "dock-12") == DeviceSettings(operation: .subtract, location: "WH1", reason: "sale", quantity: 12))
    }

    @Test("names are those of devices in whatever form they are written, and one is there once")
    func forms() {
        let add = DeviceSettings(operation: .add)
        let table = DeviceSettingsTable(["do\u{308}ck-*": add, " spaced ": add, "*": DeviceSettings(operation: .set)])
        #expect(table.settings(of: "d\u{F6}ck-1").operation == .add && table.settings(of: "spaced").operation == .add)
        #expect(table.settings(of: "other").operation == .set && table.names == ["spaced"])
        #expect(DeviceSettingsTable.problem(with: ["a", "b"]) == nil)
        #expect(DeviceSettingsTable.problem(with: ["te\u{301}l", " t\u{E9}l "]) == "“t\u{E9}l” is there twice, in different forms")
    }

    @Test("without * a device that nothing matches has no settings")
    func nothing() {
        #expect(DeviceSettingsTable(["dock-*": DeviceSettings(operation: .add)]).settings(of: "till") == DeviceSettings())
    }
}
