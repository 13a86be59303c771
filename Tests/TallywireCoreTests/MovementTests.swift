import TallywireCore
import Testing

@Suite("Movements")
struct MovementTests {
    @Test("add, subtract and set change the stock and say what it was")
    func operations() throws {
        var inventory = Inventory()
        let added = try #require(inventory.move(.add(42, "TEE-RED")).receipt?.lines.first)
        #expect(added.stock == 42 && added.previousStock == 0 && added.version == 1)
        let taken = try #require(inventory.move(.subtract(2, "TEE-RED")).receipt?.lines.first)
        #expect(taken.stock == 40 && taken.previousStock == 42 && taken.version == 2)
        let counted = try #require(inventory.move(.set(7, "TEE-RED")).receipt?.lines.first)
        #expect(counted.stock == 7 && counted.locationStock == 7 && counted.quantity == 7)
    }

    @Test("what is not there cannot be taken, and the refusal says what there was")
    func insufficientStock() {
        var inventory = Inventory()
        inventory.add(3, "TEE-RED")
        let before = inventory.state.seq
        let rejection = inventory.move(.subtract(4, "TEE-RED")).rejection
        #expect(rejection?.code == .insufficientStock && rejection?.available == 3)
        #expect(inventory.state.seq == before && inventory.variant("TEE-RED")?.stock == 3)
    }

    @Test("lines apply together or not at all, and a SKU that occurs twice is checked on the sum")
    func atomic() {
        var inventory = Inventory()
        inventory.add(10, "TEE-RED")
        inventory.add(10, "MUG")
        let rejection = inventory.move(.subtract(1, "MUG"), .subtract(6, "TEE-RED"), .subtract(6, "TEE-RED")).rejection
        #expect(rejection?.code == .insufficientStock && rejection?.field == "lines[2].quantity" && rejection?.available == 4)
        #expect(inventory.variant("MUG")?.stock == 10 && inventory.variant("TEE-RED")?.stock == 10)
        #expect(inventory.move(.subtract(6, "TEE-RED"), .subtract(4, "TEE-RED")).receipt?.lines.map(\.stock) == [4, 0])
    }

    @Test("a transfer gives two events with one movement id, and the units stay whole")
    func transfer() throws {
        var inventory = Inventory()
        inventory.add(20, "TEE-RED")
        let count = inventory.events.count
        #expect(inventory.move(.transfer(5, "TEE-RED", to: "STORE")).receipt?.lines.count == 2)
        let updates = inventory.events(since: count).compactMap(\.update)
        #expect(updates.map(\.stock) == [15, 20] && updates.map(\.previousStock) == [20, 15])
        #expect(Set(updates.map(\.movementID)).count == 1)
        #expect(inventory.variant("TEE-RED")?.balance(at: "STORE").onHand == 5)
        #expect(inventory.move(.transfer(16, "TEE-RED", to: "STORE")).rejection?.code == .insufficientStock)
        #expect(inventory.move(.transfer(1, "TEE-RED", to: "MAIN")).rejection?.code == .invalidRequest)
        #expect(inventory.move(.transfer(1, "TEE-RED", to: "MOON")).rejection?.code == .unknownLocation)
    }

    @Test("stock at a location that does not sell is on hand but not stock")
    func locationsThatDoNotSell() throws {
        var inventory = Inventory()
        let line = try #require(inventory.move(.add(5, "TEE-RED", at: "YARD")).receipt?.lines.first)
        #expect(line.stock == 0 && line.locationStock == 5)
        inventory.move(.transfer(2, "TEE-RED", from: "YARD", to: "STORE"))
        #expect(inventory.variant("TEE-RED")?.stock == 2)
    }

    @Test("a code counts as many units as it stands for")
    func barcodeUnits() {
        var inventory = Inventory()
        let line = Movement.Line(item: .barcode("14006381333938"), location: "MAIN", operation: .add, quantity: 2)
        #expect(inventory.move(line).receipt?.lines.first?.stock == 24)
    }

    @Test("an expectation that does not hold refuses the line")
    func expectation() {
        var inventory = Inventory()
        inventory.add(8, "MUG")
        let rejection = inventory.move(.subtract(1, "MUG", expected: 9)).rejection
        #expect(rejection?.code == .staleExpectation && rejection?.available == 8)
        #expect(inventory.move(.subtract(1, "MUG", expected: 8)).receipt != nil)
    }

    @Test("unknown SKUs, codes, variants and locations are named")
    func unknown() {
        var inventory = Inventory()
        #expect(inventory.move(.add(1, "NO")).rejection?.field == "lines[0].sku")
        #expect(inventory.move(.add(1, "MUG"), .add(1, "MUG", at: "NO")).rejection?.field == "lines[1].location")
        let code = Movement.Line(item: .barcode("0"), location: "MAIN", operation: .add, quantity: 1)
        #expect(inventory.move(code).rejection?.code == .unknownVariant)
    }

    @Test("quantities and balances have limits, at which nothing overflows")
    func limits() {
        var inventory = Inventory()
        #expect(inventory.move(.add(0, "MUG")).rejection?.code == .invalidRequest)
        #expect(inventory.move(.set(0, "MUG")).receipt != nil)
        #expect(inventory.move(.add(Limits.largestQuantity + 1, "MUG")).rejection?.code == .invalidRequest)
        let pack = Movement.Line(
            item: .barcode("14006381333938"), location: "MAIN", operation: .add, quantity: Limits.largestQuantity)
        #expect(inventory.move(pack).rejection?.code == .outOfRange)
        let full = Variant(
            id: VariantID(5), productID: ProductID(5), isDefault: true, sku: "FULL", name: "Full", stock: Limits.largestBalance,
            balances: [Balance(location: "MAIN", onHand: Limits.largestBalance)])
        var state = InventoryState(
            seq: 9, locations: [.main],
            products: [
                Product(
                    id: ProductID(5), name: "Full", status: .active, price: nil, variants: [VariantID(5)], hasDefaultVariant: true,
                    totalStock: Limits.largestBalance)
            ], variants: [full], lastIDs: .init(product: 5, variant: 5))
        let command = Command(id: "x", source: "test", action: .move(Movement(lines: [.add(1, "FULL")])))
        #expect(state.decide(command, id: "x", now: inventory.now).outcome.rejection?.code == .outOfRange)
        #expect(state.seq == 9)
    }

    @Test("at most a thousand lines", arguments: [1_000, 1_001])
    func numberOfLines(count: Int) {
        let lines = Array(repeating: Movement.Line.add(1, "MUG"), count: count)
        let command = Command(source: "test", action: .move(Movement(lines: lines)))
        #expect((command.validate() == nil) == (count == 1_000))
    }
}
