import TallywireCore
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    @Test("creating a product gives an event for it and one for each variant, with all values")
    func creation() throws {
        let inventory = Inventory()
        let red = try #require(inventory.events.first { $0.text.contains("TEE-RED") })
        #expect(
            red.text.hasSuffix(
                #""data":{"change":"created","productId":1,"variantId":11,"sku":"TEE-RED","values":{"id":11,"name":"Red","price":19.99,"barcodes":["4006381333931",{"code":"14006381333938","units":12}],"lowStockThreshold":10,"rearm":0},"timestamp":"2026-11-22T16:40:00.123Z"}}"#
            ))
        let mug = try #require(inventory.events.last)
        #expect(mug.text.contains(#""productId":2,"variantId":null,"sku":"MUG""#))
    }

    @Test("ids are assigned after the largest that was ever used")
    func assignedIDs() {
        var inventory = Inventory()
        inventory.run(.removeProduct(ProductID(2)))
        let receipt = inventory.run(
            .createProduct(NewProduct(name: "Cap", content: .single(NewVariant(sku: "CAP", name: ""))))
        ).receipt
        #expect(receipt == nil, "a name is needed")
        let cap = inventory.run(
            .createProduct(NewProduct(name: "Cap", content: .single(NewVariant(sku: "CAP", name: "Cap"))))
        ).receipt
        #expect(cap?.product == ProductID(3) && cap?.variant == VariantID(22))
    }

    @Test("a SKU, a barcode or an id in use is refused")
    func taken() {
        var inventory = Inventory()
        func create(_ variants: NewVariant..., id: ProductID? = nil) -> Rejection.Code? {
            inventory.run(.createProduct(NewProduct(id: id, name: "P", content: .variants(variants)))).rejection?.code
        }
        #expect(create(NewVariant(sku: "MUG", name: "x")) == .skuTaken)
        #expect(create(NewVariant(sku: "A", name: "x"), NewVariant(sku: "A", name: "y")) == .skuTaken)
        #expect(create(NewVariant(sku: "A", name: "x", barcodes: [Barcode(code: "4006381333931")])) == .barcodeTaken)
        #expect(create(NewVariant(id: VariantID(11), sku: "A", name: "x")) == .idTaken)
        #expect(create(NewVariant(sku: "A", name: "x"), id: ProductID(1)) == .idTaken)
        #expect(inventory.state.products.count == 2)
    }

    @Test("a product's price is followed by the variants without one of their own")
    func prices() {
        var inventory = Inventory()
        let count = inventory.events.count
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(price: Price("21.50"))))
        let updates = inventory.events(since: count).compactMap(\.update)
        #expect(updates.map(\.sku) == ["TEE-RED"])
        #expect(updates.first?.price == Price("21.5") && updates.first?.change == .price(previous: Price("19.99"), isOwn: false))
        #expect(updates.first?.version == 1)
        inventory.run(.updateVariant(VariantID(12), VariantUpdate(price: .some(nil))))
        #expect(inventory.variant("TEE-BLUE")?.ownPrice == nil)
        #expect(inventory.events.last?.update?.price == Price("21.5"))
    }

    @Test("a change of status gives one event and raises each variant's version")
    func status() {
        var inventory = Inventory()
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(status: .inactive)))
        #expect(
            inventory.events.last?.text.contains(
                #""type":"product_status_changed""#) == true)
        #expect(inventory.variant("TEE-RED")?.version == 1 && inventory.variant("TEE-BLUE")?.version == 1)
        let count = inventory.events.count
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(status: .inactive)))
        #expect(inventory.events.count == count, "nothing to change gives no event")
    }

    @Test("what is in stock cannot be removed; a removed variant says where it was")
    func removal() {
        var inventory = Inventory()
        inventory.add(1, "TEE-RED", at: "STORE")
        #expect(inventory.run(.removeVariant(VariantID(11))).rejection?.code == .inStock)
        #expect(inventory.run(.removeProduct(ProductID(1))).rejection?.available == 1)
        inventory.move(.set(0, "TEE-RED", at: "STORE"))
        #expect(inventory.run(.removeVariant(VariantID(11))).receipt != nil)
        #expect(inventory.events.last?.text.contains(#""values":{"id":11,"locations":["STORE"]}"#) == true)
        #expect(inventory.variant("TEE-RED") == nil && inventory.state.variant(withBarcode: "4006381333931") == nil)
    }

    @Test(
        "SKUs with a topic's separators or wildcards, control characters, a mark without a letter, or none or too many characters are refused",
        arguments: ["", "A/B", "A+B", "A#", "A\u{7}", String(repeating: "x", count: 65), "\u{301}A", "\u{903}", "\u{200D}A"])
    func badSKU(sku: String) {
        var inventory = Inventory()
        let outcome = inventory.run(.createProduct(NewProduct(name: "P", content: .single(NewVariant(sku: sku, name: "P")))))
        #expect(outcome.rejection?.code == .invalidRequest && outcome.rejection?.field == "sku")
    }

    @Test(
        "prices are exact and have at most two decimals",
        arguments: [("19.99", 1999), ("19.9", 1990), ("0", 0), ("99999999999.99", 9_999_999_999_999), ("0.10", 10), ("1.500", 150)])
    func pricesInText(text: String, hundredths: Int) {
        #expect(Price(text)?.hundredths == Int64(hundredths))
        #expect(Double(text).flatMap { Price($0) }?.hundredths == Int64(hundredths))
    }

    @Test("what is no price is refused", arguments: ["-1", "1.234", "1e3", "", ".", "1.", "100000000000", "abc"])
    func noPrices(text: String) {
        #expect(Price(text) == nil)
    }

    @Test("a number with more than two decimals is no price", arguments: [19.999, 0.001, -1, .infinity, 1e12])
    func noPrices(number: Double) {
        #expect(Price(number) == nil)
    }
}
