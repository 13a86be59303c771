import Foundation
import GS1
import TallywireCore
import Testing

@Suite("Batches, serial numbers and reports")
struct TraceTests {
    private let trace = Trace(batch: "L-7", serial: "S-1", expiry: CalendarDate(year: 2027, month: 2, day: 28))

    private func line(_ operation: TallywireCore.Operation, _ trace: Trace) -> Movement.Line {
        Movement.Line(item: .sku("TEE-RED"), location: "MAIN", operation: operation, quantity: 1, trace: trace)
    }

    @Test("a movement's batch, serial number and expiry are in its event, which reads back as it was written")
    func inEvent() throws {
        var inventory = Inventory()
        inventory.move(line(.add, trace))
        let event = try #require(inventory.events.last { $0.type == .inventoryUpdated })
        #expect(event.text.contains(#""batch":"L-7","serial":"S-1","expiry":"2027-02-28","timestamp""#))
        #expect(try JSONDecoder().decode(Event.self, from: Data(event.json)) == event)
    }

    @Test("a repeated serial number is told after the change, in the receipt too, and the movement applies")
    func repeated() throws {
        var inventory = Inventory()
        inventory.add(5, "TEE-RED")
        let command = Command(
            id: "x", source: "test", action: .move(Movement(lines: [line(.subtract, Trace()), line(.subtract, trace)])))
        let decision = inventory.state.decide(command, id: "x", now: inventory.now, Circumstances(repeatedSerials: [1: 3]))
        #expect(decision.events.map(\.type) == [.inventoryUpdated, .inventoryUpdated, .serialRepeated])
        let event = try #require(decision.events.last)
        #expect(
            event.text.contains(
                #""data":{"productId":1,"variantId":11,"sku":"TEE-RED","serial":"S-1","operation":"subtract","previousSeq":3,"source":"test","movementId":"x","message":"Serial number S-1 of TEE-RED was counted out twice""#
            ))
        #expect(try JSONDecoder().decode(Event.self, from: Data(event.json)) == event)
        guard case .applied(let receipt) = decision.outcome else {
            Issue.record("\(decision.outcome)")
            return
        }
        #expect(receipt.lines.map(\.repeatedSerial) == [nil, 3])
        var json = JSONWriter()
        decision.outcome.write(to: &json)
        #expect(try JSONDecoder().decode(Outcome.self, from: Data(json.bytes)) == decision.outcome)
    }

    @Test("reports become events that change nothing and read back as they were written")
    func reports() throws {
        var inventory = Inventory()
        let before = inventory.state.variants
        let seen = Timestamp(milliseconds: 1_795_365_599_000)
        let device = DeviceChanged(device: "dock-1", source: "scanners", isOnline: false, lastSeen: seen, reason: "its last will")
        let back = DeviceChanged(device: "dock-1", source: "scanners", isOnline: true, lastSeen: nil, reason: "it said so")
        let display = DisplayChanged(
            sku: "MUG", location: "MAIN", sink: "displays", isStale: true, wantedVersion: 7, shownVersion: nil)
        let current = DisplayChanged(
            sku: "MUG", location: "MAIN", sink: "displays", isStale: false, wantedVersion: 7, shownVersion: 7)
        for report in [Report.device(device), .device(back), .display(display), .display(current)] {
            inventory.run(.report(report))
        }
        let events = inventory.events.suffix(4)
        #expect(events.map(\.type) == [.deviceOffline, .deviceOnline, .displayStale, .displayCurrent])
        for event in events { #expect(try JSONDecoder().decode(Event.self, from: Data(event.json)) == event) }
        #expect(
            events.first?.text.contains(
                #""type":"device_offline","#) == true
                && events.first?.text.contains(
                    #""data":{"device":"dock-1","source":"scanners","status":"offline","lastSeen":"2026-11-22T16:39:59.000Z","reason":"its last will","message":"dock-1 is offline: its last will","#
                ) == true)
        #expect(inventory.state.variants == before)
    }

    @Test("what a movement says of its units is part of what it means")
    func fingerprint() {
        let inventory = Inventory()
        func print(_ trace: Trace) -> CommandFingerprint {
            inventory.state.fingerprint(of: .move(Movement(lines: [line(.add, trace)])))
        }
        #expect(print(trace).means(print(trace)))
        for other in [Trace(), Trace(batch: "L-7"), Trace(batch: "S-1", serial: "L-7"), Trace(serial: "S-1")] {
            #expect(!print(trace).means(print(other)), "\(other)")
        }
    }

    @Test(
        "a batch or a serial number that is empty, too long or has control characters is refused",
        arguments: [
            "", String(repeating: "x", count: 65), "a\u{1D}b",
        ])
    func bad(text: String) {
        var inventory = Inventory()
        for trace in [Trace(batch: text), Trace(serial: text)] {
            guard case .rejected(let rejection) = inventory.move(line(.add, trace)) else {
                Issue.record("\(trace) was taken")
                continue
            }
            #expect(rejection.code == .invalidRequest && rejection.field?.hasPrefix("lines[0].") == true)
        }
    }

    @Test("days that do not exist are none")
    func dates() {
        #expect(CalendarDate("2028-02-29")?.description == "2028-02-29")
        for text in ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1-1", "27-01-01", "2027-01-0x", "0000-01-01", ""] {
            #expect(CalendarDate(text) == nil, "\(text)")
        }
        #expect(CalendarDate("2027-01-31").map { $0 < CalendarDate("2027-02-01")! } == true)
    }
}
