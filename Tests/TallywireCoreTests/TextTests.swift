import Foundation
import TallywireCore
import Testing

@Suite("Texts that name something")
struct TextTests {
    @Test(
        "a text has one form, without white space around it",
        arguments: [
            ("A-1", "A-1"), (" A 1 ", "A 1"), ("SU\u{308}D", "SÜD"), ("\u{FEFF}X\r\n", "X"), ("\u{2003}\u{A0}", ""), ("", ""),
            ("e\u{301}\u{85}", "é"), ("\u{1D}01\u{1D}", "\u{1D}01\u{1D}"), ("\t", ""),
        ])
    func form(text: String, form: String) {
        #expect(Array(text.keyForm.utf8) == Array(form.utf8))
        #expect(Array(text.keyForm.keyForm.utf8) == Array(form.utf8), "and that is its form")
    }

    @Test("lengths are counted in scalars: a letter with many marks is long")
    func lengths() {
        let marked = "e" + String(repeating: "\u{301}", count: 100)
        #expect(marked.count == 1 && marked.isLonger(than: 100) && !marked.isLonger(than: 101))
        #expect(!"ÄÖÜ".isLonger(than: 3) && "ÄÖÜ".isLonger(than: 2) && !"".isLonger(than: 0))
    }

    @Test("an excerpt has at most eighty scalars")
    func excerpts() {
        let long = String(repeating: "ä", count: 81)
        #expect(long.excerpt == String(repeating: "ä", count: 80) + "…")
        #expect(String(repeating: "ä", count: 80).excerpt == String(repeating: "ä", count: 80))
        #expect(("e" + String(repeating: "\u{301}", count: 500)).excerpt.unicodeScalars.count == 81)
    }

    @Test(
        "texts are found in any case, with marks and without",
        arguments: [
            ("Ärmelkanal", "ÄRMEL"), ("Ärmelkanal", "armel"), ("Straße", "STRASSE"), ("ΚΑΦΕΣ", "καφες"), ("ΚΑΦΕΣ", "καφεσ"),
            ("Тест", "ТЕСТ"),
            ("Crème", "CREME"), ("ＡＢ", "ab"), ("FR-\u{C9}", "fr-e\u{301}"),
        ])
    func folding(text: String, needle: String) { #expect(text.folded.contains(needle.folded)) }
}

@Suite("One GTIN is one item")
struct BarcodeFormTests {
    private func create(_ inventory: inout Inventory, _ sku: String, _ codes: Barcode...) -> Rejection.Code? {
        inventory.run(.createProduct(NewProduct(name: sku, content: .single(NewVariant(sku: sku, name: sku, barcodes: codes)))))
            .rejection?.code
    }

    @Test("a barcode is taken in any form of its GTIN", arguments: ["0012345678905", "00012345678905", "012345678905"])
    func taken(form: String) {
        var inventory = Inventory()
        #expect(create(&inventory, "A", Barcode(code: "012345678905")) == nil)
        #expect(create(&inventory, "B", Barcode(code: form)) == .barcodeTaken)
        #expect(create(&inventory, "C", Barcode(code: "999"), Barcode(code: "999")) == .barcodeTaken)
        #expect(
            create(&inventory, "D", Barcode(code: "4006381333948"), Barcode(code: "04006381333948")) == nil,
            "one item may have both")
    }

    @Test("within a variant one GTIN means one number of units")
    func units() {
        var inventory = Inventory()
        #expect(
            create(&inventory, "A", Barcode(code: "4006381333948"), Barcode(code: "04006381333948", units: 12)) == .barcodeTaken)
        let update = VariantUpdate(barcodes: [Barcode(code: "012345678905"), Barcode(code: "0012345678905", units: 2)])
        #expect(inventory.run(.updateVariant(VariantID(21), update)).rejection?.code == .barcodeTaken)
    }

    @Test("a case of twelve has a GTIN of its own")
    func packs() {
        var inventory = Inventory()
        #expect(create(&inventory, "CASE", Barcode(code: "24006381333935")) == nil)
    }

    @Test("UPC-E and the UPC-A that it stands for are one, of number system 0 and 1")
    func upce() {
        for (short, long) in [("07519846", "075100009846"), ("01234565", "012345000065")] {
            var inventory = Inventory()
            let isShort = Barcode.forms(of: short).contains(long)
            #expect(isShort == (Barcode.forms(of: long).contains(short)), "\(short)")
            guard isShort else { continue }
            #expect(
                create(&inventory, "A", Barcode(code: short)) == nil
                    && create(&inventory, "B", Barcode(code: long)) == .barcodeTaken)
            #expect(inventory.state.variant(withBarcode: long) == inventory.state.variant(withSKU: "A"))
        }
    }

    @Test("eight digits that are a GTIN-8 are one, and no UPC-E")
    func gtin8() {
        #expect(Barcode.forms(of: "40170725") == ["40170725", "00000040170725", "0000040170725", "000040170725"])
        #expect(Barcode.forms(of: "ABC") == ["ABC"] && Barcode.forms(of: "12345678") == ["12345678"])
    }
}

@Suite("Prices of a variant's own, and versions")
struct OwnPriceTests {
    @Test("a price of a variant's own stays, also when its product's meets it, until it is taken away")
    func stays() {
        var inventory = Inventory()
        for price in ["24.50", "30"] { inventory.run(.updateProduct(ProductID(1), ProductUpdate(price: Price(price)))) }
        #expect(inventory.variant("TEE-BLUE")?.ownPrice == Price("24.50") && inventory.variant("TEE-RED")?.ownPrice == nil)
        inventory.run(.updateVariant(VariantID(12), VariantUpdate(price: .some(nil))))
        #expect(inventory.variant("TEE-BLUE")?.ownPrice == nil && inventory.events.last?.update?.price == Price("30"))
    }

    @Test("a price that equals the product's can be a variant's own, and nobody sees it change")
    func equal() {
        var inventory = Inventory()
        let version = inventory.variant("TEE-RED")?.version
        inventory.run(.updateVariant(VariantID(11), VariantUpdate(price: Price("19.99"))))
        #expect(inventory.variant("TEE-RED")?.ownPrice == Price("19.99") && inventory.variant("TEE-RED")?.version == version)
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(price: Price("5"))))
        #expect(inventory.variant("TEE-RED")?.ownPrice == Price("19.99"))
        inventory.run(.updateVariant(VariantID(11), VariantUpdate(price: .some(nil))))
        #expect(inventory.variant("TEE-RED")?.ownPrice == nil)
    }

    @Test("all of it is in the events: who folds them knows whose a price is")
    func folding() throws {
        var inventory = Inventory()
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(price: Price("24.50"))))
        inventory.run(.updateVariant(VariantID(11), VariantUpdate(price: Price("24.50"))))
        var folded = InventoryState()
        for event in inventory.events { try folded.fold(try JSONDecoder().decode(Event.self, from: Data(event.json))) }
        #expect(folded.variants == inventory.state.variants)
    }

    @Test("a SKU that is removed and made anew goes on from the version that it had")
    func versions() throws {
        var inventory = Inventory()
        inventory.add(1, "TEE-RED")
        inventory.move(.subtract(1, "TEE-RED"))
        let version = try #require(inventory.variant("TEE-RED")?.version)
        #expect(version == 2)
        inventory.run(.removeVariant(VariantID(11)))
        inventory.run(.addVariant(ProductID(1), NewVariant(sku: "TEE-RED", name: "Red again")))
        #expect(inventory.variant("TEE-RED")?.version == version)
        inventory.add(1, "TEE-RED")
        #expect(inventory.events.last { $0.update != nil }?.update?.version == version + 1)
        var folded = InventoryState()
        for event in inventory.events { try folded.fold(try JSONDecoder().decode(Event.self, from: Data(event.json))) }
        #expect(folded.variants == inventory.state.variants)
    }
}
