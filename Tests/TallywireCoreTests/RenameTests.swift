import Testing

@testable import TallywireCore

@Suite("A variant with another SKU")
struct RenameTests {
    private func rename(_ inventory: inout Inventory, _ id: Int64, _ sku: String) -> Outcome {
        inventory.run(.updateVariant(VariantID(id), VariantUpdate(sku: sku)))
    }

    @Test("the event bears the new SKU, and the old one once")
    func event() {
        var inventory = Inventory()
        inventory.add(5, "TEE-RED", at: "STORE")
        #expect(rename(&inventory, 11, "TEE-CRIMSON").receipt?.variant == VariantID(11))
        #expect(
            inventory.events.last?.text.contains(
                #""change":"updated","productId":1,"variantId":11,"sku":"TEE-CRIMSON","values":{"sku":"TEE-CRIMSON","previousSku":"TEE-RED","locations":["STORE"]}"#
            ) == true)
        #expect(inventory.variant("TEE-RED") == nil && inventory.variant("TEE-CRIMSON")?.stock == 5)
        let words = "\(inventory.events.last?.body.content.wording ?? [])"
        #expect(words.contains("TEE-RED of product 1 has the SKU TEE-CRIMSON now"))
        inventory.add(1, "TEE-CRIMSON")
        #expect(inventory.events.last?.update?.sku == "TEE-CRIMSON")
        #expect(inventory.events.last?.text.contains("previousSku") == false)
        let count = inventory.events.count
        #expect(rename(&inventory, 11, "TEE-CRIMSON").receipt?.seq == nil && inventory.events.count == count)
    }

    @Test("a SKU in use is refused, and so is what is no SKU")
    func refusals() {
        var inventory = Inventory()
        let taken = rename(&inventory, 11, "MUG").rejection
        #expect(taken?.code == .skuTaken && taken?.field == "sku")
        for sku in ["", "A/B", "A\u{1}", String(repeating: "x", count: 65)] {
            let outcome = rename(&inventory, 11, sku)
            #expect(outcome.rejection?.code == .invalidRequest && outcome.rejection?.field == "sku", "\(sku)")
        }
        #expect(inventory.variant("TEE-RED") != nil)
    }

    @Test("a default variant gets another SKU with its new price; its product keeps both")
    func defaultVariant() throws {
        var inventory = Inventory()
        let count = inventory.events.count
        inventory.run(.updateVariant(VariantID(21), VariantUpdate(sku: "CUP", name: "Cup", price: Price("8"))))
        #expect(inventory.events(since: count).map(\.type) == [.catalogueChanged, .inventoryUpdated, .catalogueChanged])
        let cup = try #require(inventory.variant("CUP"))
        #expect(cup.name == "Cup" && cup.version == 1 && inventory.state.price(of: cup) == Price("8"))
        #expect(inventory.state.firstVersion(ofSKU: "MUG") == 1)
    }

    @Test("the price and the alert of the same change bear the new SKU")
    func together() {
        var inventory = Inventory()
        inventory.add(12, "TEE-BLUE")
        let count = inventory.events.count
        inventory.run(.updateVariant(VariantID(12), VariantUpdate(sku: "TEE-NAVY", price: Price("9"), threshold: 20)))
        let events = inventory.events(since: count)
        #expect(events.map(\.type) == [.catalogueChanged, .inventoryUpdated, .stockAlert])
        #expect(events[1].update?.sku == "TEE-NAVY" && events[2].alert?.sku == "TEE-NAVY")
        #expect(events[2].alert?.message.contains("TEE-NAVY") == true)
    }

    @Test("versions never fall under a SKU, whoever has it")
    func versions() {
        var inventory = Inventory()
        for _ in 0..<4 { inventory.add(1, "TEE-RED") }
        _ = rename(&inventory, 11, "TEE-CRIMSON")
        #expect(inventory.variant("TEE-CRIMSON")?.version == 4)
        // A variant that gets the SKU goes on from there, in the same event.
        _ = rename(&inventory, 12, "TEE-RED")
        #expect(inventory.variant("TEE-RED")?.version == 4)
        #expect(inventory.events.last?.text.contains(#""version":4"#) == true)
        // So does a new one.
        _ = rename(&inventory, 12, "TEE-BLUE")
        inventory.run(.addVariant(ProductID(1), NewVariant(sku: "TEE-RED", name: "Red")))
        #expect(inventory.variant("TEE-RED")?.version == 4)
    }

    @Test("two variants exchange their SKUs, and all of it can be taken back")
    func exchange() {
        var inventory = Inventory()
        inventory.add(1, "TEE-RED")
        inventory.state.forgetChanges()
        let before = inventory.state
        for (id, sku) in [(11, "x"), (12, "TEE-RED"), (11, "TEE-BLUE")] as [(Int64, String)] {
            #expect(rename(&inventory, id, sku).receipt != nil)
        }
        #expect(inventory.state.variant(withSKU: "TEE-RED") == VariantID(12))
        #expect(inventory.state.variant(withSKU: "TEE-BLUE") == VariantID(11))
        inventory.state.undo(inventory.state.changes)
        #expect(inventory.state.variants == before.variants && inventory.state.firstVersion(ofSKU: "x") == 0)
        #expect(inventory.state.variant(withSKU: "TEE-RED") == VariantID(11) && inventory.state.variant(withSKU: "x") == nil)
    }
}
