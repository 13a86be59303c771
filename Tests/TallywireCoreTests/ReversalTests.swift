import Foundation
import GS1
import Testing

@testable import TallywireCore

@Suite("Reversals")
struct ReversalTests {
    /// Runs a command, and returns what a journal would know of it afterwards.
    private func record(
        _ action: Command.Action, _ shop: inout Inventory, keepsEvents: Bool = true
    ) throws -> RecordedMovement {
        let count = shop.events.count
        let receipt = try #require(shop.run(action).receipt)
        let changes = shop.events(since: count).compactMap(\.update).filter { $0.stockChange != nil }
        return RecordedMovement(
            key: receipt.movementID, id: receipt.movementID, changes: keepsEvents ? changes : nil,
            at: shop.events.last?.timestamp)
    }

    @discardableResult
    private func reverse(_ original: RecordedMovement?, _ shop: inout Inventory, reason: String? = nil) -> Outcome {
        let command = Command(
            id: "undo", source: "test",
            action: .reverse(Reversal(.movement(id: original?.id ?? "none", device: nil), reason: reason)))
        #expect(command.validate() == nil)
        return shop.decide(command, Circumstances(original: original))
    }

    private func move(_ lines: Movement.Line...) -> Command.Action {
        .move(Movement(reason: "sale", reference: "order 7", lines: lines))
    }

    private func there(_ shop: Inventory, _ sku: String = "TEE-RED") -> [String: Int64] {
        Dictionary(uniqueKeysWithValues: (shop.variant(sku)?.balances ?? []).map { ($0.location, $0.onHand) })
    }

    @Test("every operation is taken back, and the events say of which movement")
    func operations() throws {
        for line in [
            .add(3, "TEE-RED"), .subtract(3, "TEE-RED"), .set(2, "TEE-RED"), .set(20, "TEE-RED"),
            .transfer(3, "TEE-RED", to: "STORE"),
        ]
            as [Movement.Line]
        {
            var shop = Inventory()
            shop.add(5, "TEE-RED")
            shop.add(1, "TEE-RED", at: "STORE")
            let before = (there(shop), shop.variant("TEE-RED")?.stock)
            let original = try record(move(line), &shop)
            #expect(there(shop) != before.0)
            let count = shop.events.count
            let receipt = try #require(reverse(original, &shop, reason: "by mistake").receipt)
            #expect(there(shop) == before.0 && shop.variant("TEE-RED")?.stock == before.1, "\(line)")
            let updates = shop.events(since: count).compactMap(\.update)
            #expect(updates.count == receipt.lines.count && !updates.isEmpty)
            for update in updates {
                #expect(update.reverses == original.id && update.movementID == receipt.movementID && update.reason == "by mistake")
                #expect(update.reference == "order 7" && update.occurredAt == nil)
            }
        }
    }

    @Test("the opposite of a count is the difference that it made, so what moved since stays")
    func set() throws {
        var shop = Inventory()
        shop.add(5, "TEE-RED")
        let up = try record(move(.set(9, "TEE-RED")), &shop)
        shop.move(.subtract(2, "TEE-RED"))
        let lines = try #require(reverse(up, &shop).receipt).lines
        #expect(lines.map(\.operation) == [.subtract] && lines.map(\.quantity) == [4])
        #expect(there(shop) == ["MAIN": 3])
        let same = try record(move(.set(3, "TEE-RED")), &shop)
        #expect(reverse(same, &shop).receipt?.lines.isEmpty == true, "it changed nothing, so nothing is taken back")
        let down = try record(move(.set(0, "TEE-RED")), &shop)
        let event = try #require(shop.events.compactMap(\.update).last { $0.stockChange != nil })
        #expect(event.text.contains(#""previousOnHand":3"#))
        shop.add(1, "TEE-RED")
        #expect(reverse(down, &shop).receipt?.lines.map(\.operation) == [.add])
        #expect(there(shop) == ["MAIN": 4])
    }

    @Test("what is not there any more is not taken back: nothing of the movement is, and the answer says how many there are")
    func insufficient() throws {
        var shop = Inventory()
        let original = try record(move(.add(5, "TEE-BLUE"), .add(5, "TEE-RED"), .transfer(2, "TEE-BLUE", to: "STORE")), &shop)
        shop.move(.subtract(2, "TEE-RED"))
        let (seq, before) = (shop.state.seq, shop.state.variants)
        let refused = try #require(reverse(original, &shop).rejection)
        #expect(refused.code == .insufficientStock && refused.available == 3 && refused.field == nil)
        #expect(shop.state.seq == seq && shop.state.variants == before)
        let sold = try record(move(.transfer(1, "TEE-BLUE", from: "STORE", to: "MAIN")), &shop)
        shop.run(.reserve(NewReservation(lines: [.init(item: .sku("TEE-BLUE"), quantity: 4, locations: ["MAIN"])])))
        #expect(reverse(sold, &shop).rejection?.available == 0, "what somebody holds is not taken from them")
    }

    @Test("the lines of a movement are taken back from the last to the first")
    func order() throws {
        var shop = Inventory()
        let original = try record(move(.add(5, "TEE-RED"), .transfer(5, "TEE-RED", to: "STORE")), &shop)
        let lines = try #require(reverse(original, &shop).receipt).lines
        #expect(lines.map(\.location) == ["STORE", "MAIN", "MAIN"] && lines.map(\.operation) == [.transfer, .transfer, .subtract])
        #expect(there(shop) == ["MAIN": 0, "STORE": 0])
        #expect(shop.variant("TEE-RED")?.level == .out)
    }

    @Test("a captured unit is on hand again and belongs to no reservation; what was released with it stays free")
    func capture() throws {
        var shop = Inventory()
        shop.add(5, "TEE-RED")
        shop.run(.reserve(NewReservation(lines: [.init(item: .sku("TEE-RED"), quantity: 4)])))
        let reservation = try #require(shop.state.openReservations.first)
        let use = ReservationUse(
            reservation: reservation.id, kind: .capture(keepsRest: false), lines: [.init(item: .sku("TEE-RED"), quantity: 3)])
        let original = try record(.useReservation(use), &shop)
        #expect(original.changes?.map { $0.stockChange?.operation } == [.capture, .release])
        let count = shop.events.count
        #expect(reverse(original, &shop).receipt?.lines.map(\.operation) == [.add])
        #expect(
            shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 5)
                && shop.variant("TEE-RED")?.stock == 5)
        #expect(shop.events(since: count).allSatisfy { $0.type == .inventoryUpdated }, "the reservation stays as it ended")
    }

    @Test("what moved no units cannot be taken back, and the answer says what to do")
    func notReversible() throws {
        var shop = Inventory()
        shop.add(5, "TEE-RED", at: "YARD")
        let held = try record(
            .reserve(NewReservation(lines: [.init(item: .sku("TEE-RED"), quantity: 2, locations: ["YARD"])])), &shop)
        let location = try record(.updateLocation("YARD", LocationUpdate(sells: true)), &shop)
        let catalogue = try record(.updateProduct(ProductID(1), ProductUpdate(price: .some(Price("5")))), &shop)
        #expect(location.changes?.isEmpty == false)
        for original in [held, location, catalogue] {
            let refused = try #require(reverse(original, &shop).rejection)
            #expect(refused.code == .notReversible, "\(refused)")
        }
        #expect(reverse(nil, &shop).rejection?.code == .unknownMovement)
    }

    @Test("a movement is reversed once; a reversal is a movement, and is reversed like one")
    func twice() throws {
        var shop = Inventory()
        shop.add(5, "TEE-RED")
        let original = try record(move(.transfer(3, "TEE-RED", to: "STORE")), &shop)
        let count = shop.events.count
        let undo = try #require(reverse(original, &shop).receipt)
        let reversed = RecordedMovement(key: original.key, id: original.id, reversedBy: undo.movementID, changes: original.changes)
        let refused = try #require(reverse(reversed, &shop).rejection)
        #expect(refused.code == .alreadyReversed && refused.message.contains("“undo”"))
        let again = RecordedMovement(key: "undo", id: "undo", changes: shop.events(since: count).compactMap(\.update))
        #expect(reverse(again, &shop).receipt != nil)
        #expect(there(shop) == ["MAIN": 2, "STORE": 3])
        let last = Reversal(.last(source: "mqtt/dock-1", device: "dock-1", within: .seconds(60)))
        for (original, word) in [(nil, "60 seconds"), (reversed, "already")] as [(RecordedMovement?, String)] {
            let outcome = shop.decide(
                Command(id: "undo", source: "test", action: .reverse(last)), Circumstances(original: original))
            #expect(outcome.rejection?.code == .nothingToUndo && outcome.rejection?.message.contains(word) == true)
        }
    }

    @Test("an item or a place that is gone, and events that are no longer kept, are refused by name")
    func gone() throws {
        var shop = Inventory()
        shop.add(5, "TEE-RED", at: "STORE")
        let sold = try record(move(.subtract(5, "TEE-RED", at: "STORE")), &shop)
        #expect(reverse(try record(move(.set(0, "TEE-RED")), &shop, keepsEvents: false), &shop).rejection?.code == .tooLate)
        shop.run(.removeLocation("STORE"))
        #expect(reverse(sold, &shop).rejection?.code == .unknownLocation)
        shop.run(.removeVariant(VariantID(11)))
        #expect(reverse(sold, &shop).rejection?.code == .unknownVariant)
        shop.run(
            .createProduct(
                NewProduct(
                    id: ProductID(9), name: "Other", content: .single(NewVariant(id: VariantID(11), sku: "OTHER", name: "Other")))))
        #expect(reverse(sold, &shop).rejection?.code == .unknownVariant, "the id is another product's now")
    }

    @Test("batch, serial number and expiry go with the units")
    func trace() throws {
        var shop = Inventory()
        var line = Movement.Line.add(1, "TEE-RED")
        line.trace = Trace(batch: "L-7", serial: "S-1", expiry: CalendarDate("2027-03-31"))
        let original = try record(move(line), &shop)
        reverse(original, &shop)
        #expect(shop.events.compactMap(\.update).last { $0.reverses == original.id }?.trace == line.trace)
    }

    @Test("a reversal's names and texts are checked")
    func validation() {
        func field(_ reversal: Reversal) -> String? {
            Command(id: "x", source: "test", action: .reverse(reversal)).validate()?.field
        }
        #expect(field(Reversal(.movement(id: "", device: nil))) == "id")
        #expect(field(Reversal(.movement(id: "ö", device: nil))) == "id")
        #expect(field(Reversal(.movement(id: "m", device: "a/b"))) == "device")
        #expect(field(Reversal(.movement(id: "m", device: nil), reason: String(repeating: "x", count: 201))) == "reason")
        #expect(field(Reversal(.last(source: "s/#", device: "#", within: .zero))) == "device")
        let command = Command(source: "test", action: .reverse(Reversal(.movement(id: "m", device: " dock-1\n")))).inKeyForm()
        #expect(command.action == .reverse(Reversal(.movement(id: "m", device: "dock-1"))))
    }
}

extension InventoryUpdated {
    fileprivate var text: String { Event(seq: 1, timestamp: Timestamp(milliseconds: 0), body: .inventoryUpdated(self)).text }
}
