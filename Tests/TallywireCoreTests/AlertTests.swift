import TallywireCore
import Testing

@Suite("Stock alerts")
struct AlertTests {
    @Test(
        "levels by threshold and re-arm band",
        arguments: [
            (0, StockLevel.ok, StockLevel.out), (1, .ok, .low), (10, .ok, .low), (11, .ok, .ok), (11, .low, .low), (13, .low, .low),
            (14, .low, .ok), (13, .out, .low), (14, .out, .ok), (5, .out, .low),
        ])
    func levels(stock: Int, previous: StockLevel, expected: StockLevel) {
        #expect(AlertRule(threshold: 10, rearm: 3).level(of: Int64(stock), previous: previous) == expected)
    }

    @Test("crossing ten and zero sends one alert each, in both directions")
    func crossings() {
        var inventory = Inventory()
        inventory.add(42, "MUG")
        let count = inventory.events.count
        for _ in 0..<32 { inventory.move(.subtract(1, "MUG")) }
        for _ in 0..<10 { inventory.move(.subtract(1, "MUG")) }
        inventory.add(5, "MUG")
        inventory.add(50, "MUG")
        let alerts = inventory.events(since: count).compactMap(\.alert)
        #expect(alerts.map(\.level) == [.low, .out, .low, .ok])
        #expect(alerts.map(\.previousLevel) == [.ok, .low, .out, .low])
        #expect(alerts.first?.stock == 10 && alerts.first?.message == "Low stock: Mug (MUG) has 10 left")
    }

    @Test("the first stock of a variant is announced only if it ends low")
    func firstStock() {
        var inventory = Inventory()
        inventory.add(100, "MUG")
        inventory.add(5, "TEE-RED")
        let alerts = inventory.events.compactMap(\.alert)
        #expect(alerts.map(\.sku) == ["TEE-RED"] && alerts.first?.level == .low)
    }

    @Test("alerts of a movement are decided at its end")
    func decidedAtTheEnd() {
        var inventory = Inventory()
        inventory.add(20, "MUG")
        let count = inventory.events.count
        inventory.move(.subtract(15, "MUG"), .add(15, "MUG"))
        #expect(inventory.events(since: count).compactMap(\.alert).isEmpty)
        #expect(inventory.events(since: count).compactMap(\.update).map(\.level) == [.ok, .ok])
    }

    @Test("a changed threshold takes effect at once")
    func changedThreshold() {
        var inventory = Inventory()
        inventory.add(20, "MUG")
        inventory.run(.updateVariant(VariantID(21), VariantUpdate(threshold: 20)))
        #expect(inventory.events.last?.alert?.level == .low && inventory.variant("MUG")?.level == .low)
        inventory.run(.updateVariant(VariantID(21), VariantUpdate(threshold: 5)))
        #expect(inventory.events.last?.alert?.level == .ok)
    }

    @Test("an alert does not raise the version")
    func versions() {
        var inventory = Inventory()
        inventory.add(20, "MUG")
        inventory.move(.subtract(15, "MUG"))
        #expect(inventory.events.last?.alert != nil && inventory.variant("MUG")?.version == 2)
    }
}
