import Foundation
import Mosquitto
import TallywireCore
import TallywirePipeline
import TestSupport
import Testing

@testable import MQTTScanners

@Suite("The modes of devices")
struct ModeTableTests {
    private static let minute: Int64 = 60_000
    private let idle = Duration.seconds(600)

    private func moment(_ number: UInt64?, at time: Int64 = 0, again: Bool = false, isKnown: Bool = true) -> ModeTable.Moment {
        let now = Timestamp(milliseconds: 1_795_365_600_000 + time)
        return ModeTable.Moment(number: number, isRedelivery: again, sent: isKnown ? now : nil, now: now)
    }

    @discardableResult
    private func take(
        _ code: ControlCode, _ modes: inout ModeTable, _ moment: ModeTable.Moment, id: String? = nil, of device: String = "dock-1"
    ) throws -> Bool {
        try modes.take(code, id: id, of: device, moment, idle: idle).isRepeat
    }

    private func place(_ modes: inout ModeTable, _ moment: ModeTable.Moment, of device: String = "dock-1") -> String? {
        modes.mode(of: device, moment, idle: idle).location
    }

    @Test("codes add up, the last that says what is done counts, and the end ends all")
    func codes() {
        var mode = DeviceMode()
        let steps: [(ControlCode, DeviceMode)] = [
            (.location("WH1"), DeviceMode(location: "WH1")),
            (.operation(.add), DeviceMode(location: "WH1", operation: .add)),
            (.destination("STORE-7"), DeviceMode(location: "WH1", operation: .transfer, destination: "STORE-7")),
            (.operation(.transfer), DeviceMode(location: "WH1", operation: .transfer, destination: "STORE-7")),
            (.operation(.add), DeviceMode(location: "WH1", operation: .add)),
            (.destination("STORE-7"), DeviceMode(location: "WH1", operation: .transfer, destination: "STORE-7")),
            (.location("WH2"), DeviceMode(location: "WH2", operation: .transfer, destination: "STORE-7")),
            (.reservation("basket-7"), DeviceMode(location: "WH2", operation: .capture, reservation: "basket-7")),
            (.undo, DeviceMode(location: "WH2", operation: .capture, reservation: "basket-7")),
            (.operation(.subtract), DeviceMode(location: "WH2", operation: .subtract)),
            (.end, DeviceMode()),
        ]
        for (code, expected) in steps {
            mode.take(code)
            #expect(mode == expected, "\(code)")
        }
    }

    @Test("a mode ends after its idle time without scans, and each scan begins that time anew")
    func idleTime() throws {
        var modes = ModeTable()
        try take(.location("WH1"), &modes, moment(1))
        #expect(place(&modes, moment(2, at: 9 * Self.minute)) == "WH1")
        #expect(place(&modes, moment(3, at: 19 * Self.minute)) == "WH1")
        #expect(place(&modes, moment(4, at: 29 * Self.minute + 1)) == nil)
        #expect(place(&modes, moment(5, at: 29 * Self.minute + 2)) == nil, "a mode that has ended stays so")
        #expect(place(&modes, moment(nil, at: 0), of: "dock-2") == nil)
        // What waited at the broker may have been scanned in time.
        try take(.location("WH2"), &modes, moment(6, at: 30 * Self.minute))
        #expect(place(&modes, moment(7, at: 300 * Self.minute, isKnown: false)) == "WH2")
    }

    @Test("a control code that comes again changes nothing, and a scan that comes again means what it meant")
    func again() throws {
        var modes = ModeTable()
        #expect(try !take(.location("A"), &modes, moment(1)))
        #expect(place(&modes, moment(2)) == "A")
        #expect(try !take(.location("B"), &modes, moment(3)))
        #expect(try !take(.end, &modes, moment(5)))
        #expect(try take(.location("A"), &modes, moment(1, again: true)))
        #expect(place(&modes, moment(2, again: true)) == "A" && place(&modes, moment(4, again: true)) == "B")
        #expect(place(&modes, moment(6)) == nil)
        // One that was lost on its way counts for the scans behind it, and not for those behind the next.
        #expect(try !take(.location("C"), &modes, moment(4, again: true)))
        #expect(place(&modes, moment(4, again: true)) == "C" && place(&modes, moment(6)) == nil)
        // The same id in another packet is the same code.
        #expect(try !take(.location("D"), &modes, moment(7), id: "d"))
        #expect(try !take(.location("E"), &modes, moment(8), id: "e"))
        #expect(try take(.location("D"), &modes, moment(9), id: "d"))
        #expect(place(&modes, moment(10)) == "E")
    }

    @Test("a scan that came after its mode had ended means the same when it comes again")
    func endedScan() throws {
        var modes = ModeTable()
        try take(.location("A"), &modes, moment(1))
        #expect(place(&modes, moment(2, at: 11 * Self.minute)) == nil && !modes.isStored)
        var restarted = ModeTable(modes.devices)
        #expect(place(&restarted, moment(2, at: 12 * Self.minute, again: true)) == nil)
        #expect(place(&restarted, moment(1, at: 12 * Self.minute, again: true)) == "A")
        try take(.location("B"), &modes, moment(3, at: 30 * Self.minute))
        #expect(try take(.location("B"), &modes, moment(3, at: 30 * Self.minute, again: true)))
        #expect(modes.devices["dock-1"]?.mode.location == "B")
    }

    @Test("changes are stored, and of uses so many that a restart loses a quarter of the idle time at most")
    func storing() throws {
        var modes = ModeTable()
        #expect(modes.isStored)
        try take(.location("A"), &modes, moment(1))
        #expect(!modes.isStored)
        modes.noteStored()
        #expect(place(&modes, moment(2, at: 2 * Self.minute)) == "A" && modes.isStored)
        #expect(place(&modes, moment(3, at: 3 * Self.minute)) == "A" && !modes.isStored)
        var restarted = ModeTable(modes.devices)
        #expect(place(&restarted, moment(4, at: 12 * Self.minute)) == "A")
        var late = ModeTable(modes.devices)
        #expect(place(&late, moment(4, at: 13 * Self.minute + 1)) == nil)
        // A clock that was set back while the server did not run does not keep a mode for ever.
        var back = ModeTable(modes.devices)
        #expect(place(&back, moment(4, at: -1_000 * Self.minute)) == "A")
        #expect(place(&back, moment(5, at: -989 * Self.minute)) == nil)
    }

    @Test("a thousand devices have modes; one more needs one that has ended; a device's history is short")
    func limits() throws {
        var modes = ModeTable()
        for device in 0..<ModeTable.limit { try take(.location("A"), &modes, moment(UInt64(device)), of: "d-\(device)") }
        #expect(throws: MalformedScan.self) { try take(.location("A"), &modes, moment(5_000), of: "more") }
        try take(.end, &modes, moment(5_001), of: "d-7")
        try take(.location("A"), &modes, moment(5_002), of: "more")
        #expect(modes.devices["d-7"] == nil && modes.devices.count == ModeTable.limit)
        try take(.location("A"), &modes, moment(5_003, at: 11 * Self.minute), of: "later")
        #expect(modes.devices.count == ModeTable.limit, "those that were idle too long make room")
        for number in 0..<40 as Range<UInt64> { try take(.location("L-\(number)"), &modes, moment(6_000 + number), of: "later") }
        let device = try #require(modes.devices["later"])
        #expect(device.entries.count == ModeTable.history && device.base.location == "L-23" && device.mode.location == "L-39")
    }

    @Test("modes survive in their file, and a file that is damaged is not taken for no modes")
    func file() throws {
        let folder = try TemporaryFolder()
        let file = SourceFile(path: folder.file("sources/mqtt-scanners.json"))
        #expect(try ModeTable.load(from: file).isEmpty && ModeTable.load(from: nil).isEmpty)
        var modes = ModeTable()
        try take(.reservation("basket-7"), &modes, moment(.max - 5), id: "own")
        try take(.destination("STORE-7"), &modes, moment(nil), of: "döck")
        for _ in 0..<2 { try ModeTable.store(modes.devices, in: file) }
        #expect(try ModeTable.load(from: file) == modes.devices)
        #expect(
            ModeTable(modes.devices, newest: 5).devices.keys.sorted() == ["döck"], "numbers of another journal mean nothing here")
        try Data("{".utf8).write(to: URL(fileURLWithPath: file.path))
        #expect(throws: (any Error).self) { try ModeTable.load(from: file) }
    }
}
