import Foundation
import Testing

@testable import TallywireCore

@Suite("Locations that change")
struct LocationTests {
    private func update(_ inventory: inout Inventory, _ code: String, _ update: LocationUpdate) -> Outcome {
        inventory.run(.updateLocation(code, update))
    }

    @Test("a location has a priority, which its event has where it is not 0")
    func priority() throws {
        var inventory = Inventory()
        #expect(inventory.events.first?.text.contains(#""location":"MAIN","values":{"name":"Main","sells":true}"#) == true)
        inventory.run(.createLocation(Location(code: "BACK", name: "Back", priority: 5)))
        #expect(inventory.events.last?.text.contains(#""values":{"name":"Back","sells":true,"priority":5}"#) == true)
        #expect(inventory.state.locations["BACK"]?.priority == 5)
        #expect(update(&inventory, "BACK", LocationUpdate(priority: 0)).receipt?.lines == [])
        #expect(inventory.events.last?.text.contains(#""change":"updated","location":"BACK","values":{"priority":0}"#) == true)
        let count = inventory.events.count
        #expect(update(&inventory, "BACK", LocationUpdate(name: "Back", sells: true, priority: 0)).receipt?.seq == nil)
        #expect(inventory.events.count == count, "nothing to change gives no event")
    }

    @Test("a priority outside 0 to 1,000,000 is refused", arguments: [-1, 1_000_001, .max] as [Int64])
    func badPriority(priority: Int64) {
        var inventory = Inventory()
        let outcomes = [
            inventory.run(.createLocation(Location(code: "BACK", name: "Back", priority: priority))),
            update(&inventory, "MAIN", LocationUpdate(priority: priority)),
        ]
        for outcome in outcomes { #expect(outcome.rejection?.code == .invalidRequest && outcome.rejection?.field == "priority") }
    }

    @Test("a location that begins or ends to sell changes the stock of what is there, in order of id, and then come the alerts")
    func sells() throws {
        var inventory = Inventory()
        inventory.add(30, "MUG", at: "YARD")
        inventory.add(5, "TEE-BLUE", at: "YARD")
        inventory.add(20, "TEE-BLUE", at: "MAIN")
        inventory.add(7, "TEE-RED", at: "STORE")
        let count = inventory.events.count
        let receipt = try #require(update(&inventory, "YARD", LocationUpdate(name: "Shop", sells: true)).receipt)
        let events = inventory.events(since: count)
        #expect(events.map(\.type) == [.catalogueChanged, .inventoryUpdated, .inventoryUpdated])
        #expect(events[0].text.contains(#""location":"YARD","values":{"name":"Shop","sells":true}"#))
        let blue = try #require(events[1].update)
        #expect(blue.sku == "TEE-BLUE" && blue.stock == 25 && blue.previousStock == 20 && blue.totalProductStock == 32)
        #expect(blue.stockChange == StockChange(operation: .set, quantity: 5, balance: Balance(location: "YARD", onHand: 5)))
        #expect(blue.version == 3 && inventory.variant("TEE-BLUE")?.version == 3)
        let mug = try #require(events[2].update)
        #expect(mug.sku == "MUG" && mug.stock == 30 && mug.level == .ok)
        #expect(receipt.lines.map(\.sku) == ["TEE-BLUE", "MUG"] && receipt.lines.map(\.stock) == [25, 30])
        #expect(inventory.state.products[ProductID(1)]?.totalStock == 32, "nothing is counted twice")
        for (sells, level, stocks) in [(false, .out, [20, 0]), (true, .ok, [25, 30])] as [(Bool, StockLevel, [Int64])] {
            let count = inventory.events.count
            #expect(update(&inventory, "YARD", LocationUpdate(sells: sells)).receipt?.lines.map(\.stock) == stocks)
            let events = inventory.events(since: count)
            #expect(events.map(\.type) == [.catalogueChanged, .inventoryUpdated, .inventoryUpdated, .stockAlert])
            #expect(events.last?.alert?.sku == "MUG" && events.last?.alert?.level == level)
            #expect(inventory.variant("MUG")?.level == level)
        }
        #expect(inventory.variant("MUG")?.balance(at: "YARD").onHand == 30)
    }

    @Test("an event says what is on hand and reserved over the locations that sell, also that of a price")
    func totals() throws {
        var inventory = Inventory()
        inventory.add(20, "TEE-BLUE", at: "MAIN")
        inventory.add(5, "TEE-BLUE", at: "YARD")
        #expect(inventory.events.last?.update?.totals == StockTotals(onHand: 20, reserved: 0), "the yard does not sell")
        inventory.run(.reserve(NewReservation(lines: [.init(item: .sku("TEE-BLUE"), quantity: 3)])))
        #expect(inventory.events.last { $0.update != nil }?.update?.totals == StockTotals(onHand: 20, reserved: 3))
        inventory.add(4, "TEE-BLUE", at: "STORE")
        #expect(inventory.events.last?.update?.totals == StockTotals(onHand: 24, reserved: 3))
        #expect(inventory.events.last?.text.contains(#""totalProductStock":21,"onHand":24,"reserved":3,"#) == true)
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(price: .some(Price("5.00")))))
        #expect(inventory.events.last?.update?.stockChange == nil)
        #expect(inventory.events.last { $0.update?.sku == "TEE-BLUE" }?.update?.totals == StockTotals(onHand: 24, reserved: 3))
    }

    @Test("a location where everything is reserved has an event too when it ends and begins to sell")
    func reserved() throws {
        var inventory = Inventory()
        inventory.add(3, "TEE-BLUE", at: "MAIN")
        inventory.run(.reserve(NewReservation(lines: [.init(item: .sku("TEE-BLUE"), quantity: 3)])))
        for (sells, totals) in [(false, StockTotals(onHand: 0, reserved: 0)), (true, StockTotals(onHand: 3, reserved: 3))] {
            let count = inventory.events.count
            #expect(update(&inventory, "MAIN", LocationUpdate(sells: sells)).receipt?.lines.map(\.stock) == [0])
            #expect(inventory.events(since: count).compactMap(\.update).map(\.totals) == [totals])
        }
    }

    @Test("a location with more items in stock than the limit cannot begin or end to sell")
    func tooMany() {
        let limit = Limits.variantsPerLocationUpdate
        func state(_ count: Int) -> InventoryState {
            let ids = (1...count).map { VariantID(Int64($0)) }
            let product = Product(id: ProductID(1), name: "P", status: .active, price: nil, variants: ids, hasDefaultVariant: false)
            let balances: Balances = [Balance(location: "YARD", onHand: 1)]
            let variants = ids.map {
                Variant(id: $0, productID: product.id, isDefault: false, sku: "S\($0)", name: "S", balances: balances)
            }
            let yard = Location(code: "YARD", name: "Yard", sells: false)
            return InventoryState(seq: 0, locations: [yard], products: [product], variants: variants, lastIDs: .init())
        }
        let command = Command(source: "test", action: .updateLocation("YARD", LocationUpdate(sells: true)))
        var most = state(limit)
        #expect(most.decide(command, id: "m", now: Timestamp(milliseconds: 0)).outcome.receipt?.lines.count == limit)
        var tooMany = state(limit + 1)
        let refusal = tooMany.decide(command, id: "m", now: Timestamp(milliseconds: 0)).outcome.rejection
        #expect(refusal?.code == .outOfRange && refusal?.field == "sells" && refusal?.message.contains("\(limit)") == true)
        #expect(tooMany.locations["YARD"]?.sells == false)
    }

    @Test("a location begins to sell only if every sum stays within the limit")
    func largestSum() {
        var inventory = Inventory()
        let half = Variant(
            id: VariantID(1), productID: ProductID(1), isDefault: true, sku: "S", name: "S", stock: Limits.largestBalance,
            balances: [Balance(location: "MAIN", onHand: Limits.largestBalance), Balance(location: "YARD", onHand: 1)])
        inventory.state = InventoryState(
            seq: 0, locations: [.main, Location(code: "YARD", name: "Yard", sells: false)],
            products: [
                Product(
                    id: ProductID(1), name: "P", status: .active, price: nil, variants: [VariantID(1)], hasDefaultVariant: true,
                    totalStock: Limits.largestBalance)
            ], variants: [half], lastIDs: .init())
        #expect(update(&inventory, "YARD", LocationUpdate(sells: true)).rejection?.code == .outOfRange)
    }

    @Test("a location is removed when nothing is there, and what it had of an item stays as zero")
    func removal() throws {
        var inventory = Inventory()
        inventory.add(3, "MUG", at: "STORE")
        inventory.add(4, "TEE-RED", at: "STORE")
        let refusal = inventory.run(.removeLocation("STORE")).rejection
        #expect(refusal?.code == .inStock && refusal?.available == 7 && refusal?.message.contains("7 units of 2 items") == true)
        for sku in ["MUG", "TEE-RED"] { inventory.move(.set(0, sku, at: "STORE")) }
        #expect(inventory.run(.removeLocation("STORE")).receipt != nil)
        #expect(inventory.events.last?.text.contains(#""change":"removed","location":"STORE","values":{}"#) == true)
        #expect(inventory.state.locations["STORE"] == nil)
        #expect(inventory.variant("MUG")?.balances == [Balance(location: "STORE", onHand: 0)])
        let outcomes = [
            inventory.move(.add(1, "MUG", at: "STORE")), inventory.run(.removeLocation("STORE")),
            update(&inventory, "STORE", LocationUpdate(name: "x")),
        ]
        for outcome in outcomes { #expect(outcome.rejection?.code == .unknownLocation) }
        #expect(inventory.run(.createLocation(Location(code: "STORE", name: "New", sells: false))).receipt != nil)
        #expect(inventory.move(.add(1, "MUG", at: "STORE")).receipt?.lines.first?.stock == 0)
    }

    @Test("names in commands about locations and SKUs are brought to key form")
    func keyForm() {
        let actions: [(Command.Action, Command.Action)] = [
            (.updateLocation(" CAFE\u{301}\n", LocationUpdate(name: "x")), .updateLocation("CAF\u{C9}", LocationUpdate(name: "x"))),
            (.removeLocation(" CAFE\u{301}"), .removeLocation("CAF\u{C9}")),
            (
                .updateVariant(VariantID(1), VariantUpdate(sku: "TE\u{301} ")),
                .updateVariant(VariantID(1), VariantUpdate(sku: "T\u{C9}"))
            ),
        ]
        for (written, key) in actions {
            let form = Command(source: "test", action: written).inKeyForm().action
            #expect(form == key && "\(form)".unicodeScalars.elementsEqual("\(key)".unicodeScalars))
        }
    }
}
