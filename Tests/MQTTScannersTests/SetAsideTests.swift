import Foundation
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTScanners

@Suite("A message that ends the server")
struct SetAsideTests {
    @Test("is set aside at its third delivery: in a file, with an event and a reply; others go on", arguments: [true, false])
    func setAside(wasBeingDecided: Bool) async throws {
        let shop = try await Shop(broker: TestBroker())
        let till = try await Scanner("till", at: shop.broker)
        let folder = try TemporaryFolder()
        let payload = #"{"id":"poison","sku":"TEE","quantity":1}"#
        let message = InboundMessage(topic: "scanners/till/scan", payload: Array(payload.utf8), packetID: 1)
        let mark = wasBeingDecided ? HandlingNote.mark(Command.key(id: "poison", device: "till")) : message.mark
        try HandlingNoteFile.write(poison: [mark], to: folder.file("note"))
        let setAside = SetAside(note: try HandlingNote(path: folder.file("note")), folder: folder.file("set-aside"))
        try await shop.serving(setAside: setAside) { status in
            try await eventually("it is connected") { status.current.state == "connected" }
            try await till.collecting {
                try await till.scan(payload, #"{"id":"fine","sku":"TEE","quantity":1}"#)
                try await till.answered(2)
            }
        }
        #expect(till.replies.map(\.status) == ["rejected", "applied"] && till.replies.first?.id == "poison")
        #expect(try await shop.stock() == 999)
        let lines = try String(contentsOfFile: setAside.file(of: "mqtt-scanners"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains(#""device":"till""#) && lines[0].contains(#"\"id\":\"poison\""#))
        let event = try #require(shop.journal.allEvents.first { $0.type == .scanSetAside })
        let text = String(decoding: event.json, as: UTF8.self)
        #expect(
            text.contains(#""device":"till","source":"mqtt-scanners","topic":"scanners/till/scan""#) && text.contains("set-aside"))
        let told = try #require(event.event().setAside)
        #expect(told.file == setAside.file(of: "mqtt-scanners"))
    }

    @Test("what is not UTF-8 is kept as it is")
    func bytes() throws {
        let folder = try TemporaryFolder()
        let setAside = SetAside(note: try HandlingNote(path: folder.file("note")), folder: folder.file("set-aside"))
        try setAside.put([0xFF, 0], topic: "t", device: "d", source: "s", at: Timestamp(milliseconds: 0))
        let text = try String(contentsOfFile: setAside.file(of: "s"), encoding: .utf8)
        #expect(text == #"{"at":"1970-01-01T00:00:00.000Z","source":"s","device":"d","topic":"t","payloadBase64":"/wA="}"# + "\n")
        let mode = try FileManager.default.attributesOfItem(atPath: setAside.file(of: "s"))[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o007 } == 0)
    }
}

extension Event {
    fileprivate var setAside: ScanSetAside? { if case .scanSetAside(let setAside) = body { setAside } else { nil } }
}
