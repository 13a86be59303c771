import Foundation
import TallywireCore
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("Exported catalogues")
struct CatalogueRoundTripTests {
    private func write(_ file: CatalogueFile, _ format: String) -> String {
        format == "csv" ? CatalogueCSV.write(file) : CatalogueJSON.write(file)
    }

    private func read(_ text: String, _ format: String) throws -> CatalogueFile {
        format == "csv" ? try CatalogueCSV.read(text, "f") : try CatalogueJSON.read(text, "f")
    }

    /// Whether two catalogues are the same, to the scalar.
    private func areSame(_ one: CatalogueFile, _ other: CatalogueFile) -> Bool {
        CatalogueJSON.write(one).utf8.elementsEqual(CatalogueJSON.write(other).utf8)
    }

    @Test(
        "an exported catalogue changes nothing here, and makes the same of nothing and of other values",
        arguments: ["csv", "json"], 0..<80)
    func roundTrip(format: String, seed: Int) throws {
        var shop = RandomShop(seed: seed)
        let file = CatalogueFile(shop.state)
        let text = write(file, format)
        let read = try read(text, format)
        #expect(read.notes == [])
        let again = try ImportPlan(read, on: shop.state)
        #expect(again.changes.map(\.text) == [] && again.counts.map(\.text) == [], "\(text)")

        var copy = CatalogueShop.of([])
        #expect(CatalogueShop.carryOut(try ImportPlan(read, on: copy), on: &copy) == nil, "\(text)")
        #expect(areSame(CatalogueFile(copy), file), "\(text)")

        shop.change()
        var other = shop.state
        let plan = try ImportPlan(read, on: other)
        #expect(CatalogueShop.carryOut(plan, on: &other) == nil, "\(text)")
        #expect(areSame(CatalogueFile(other), file), "\(text)\n\(CatalogueJSON.write(CatalogueFile(other)))")
        #expect(try ImportPlan(read, on: other).changes.isEmpty)
    }

    @Test("a product that has no variants left is left out, which is said", arguments: ["csv", "json"])
    func withoutVariants(format: String) throws {
        var state = CatalogueShop.teesAndMug
        for id in [VariantID(1), 2] { #expect(CatalogueShop.apply(.removeVariant(id), to: &state) == nil) }
        let file = CatalogueFile(state)
        #expect(file.notes == ["product 1 “Tee” has no variants left, so no SKU, and is left out"])
        #expect(try ImportPlan(read(write(file, format), format), on: state).changes.isEmpty)
        // As exports had it once.
        let old = try CatalogueJSON.read(#"{"products":[{"id":1,"name":"Tee","status":"active","variants":[]}]}"#, "f")
        #expect(old.products.isEmpty && old.notes.count == 1)
    }

    @Test("a product of more variants than one body holds is made and made again", arguments: ["csv", "json"])
    func bigProduct(format: String) throws {
        let variants = (1...2_000).map { number in
            NewVariant(sku: "S\(number)", name: String(repeating: "語", count: 200), barcodes: [Barcode(code: "B\(number)")])
        }
        let file = CatalogueFile(
            CatalogueShop.of([.createProduct(NewProduct(id: 7, name: "Big", content: .variants(variants)))]))
        var copy = CatalogueShop.of([])
        let plan = try ImportPlan(read(write(file, format), format), on: copy)
        #expect(plan.created == 1 && plan.changes.count == 1)
        #expect(CatalogueShop.carryOut(plan, on: &copy) == nil)
        #expect(areSame(CatalogueFile(copy), file))
    }

    @Test("thresholds of a location are all that there are, and what is none is refused with its line")
    func thresholds() throws {
        var state = CatalogueShop.teesAndMug
        func thresholds() -> String { CSVField.text(state.variants[3]?.thresholdRules ?? []) }
        for (text, expected) in [
            ("MAIN#3", "MAIN#3"), ("", "MAIN#3"), (" main store#0  MAIN#10+2 ", "MAIN#10+2 main store#0"), ("None", "none"),
        ] {
            let csv = "sku,thresholds,location,locationName\nMUG,\(text),,\n,,main store,\n"
            #expect(CatalogueShop.carryOut(try CatalogueShop.plan(csv, on: state), on: &state) == nil)
            #expect(thresholds() == expected)
        }
        let json = #"{"products":[{"sku":"MUG","thresholds":{"MAIN":{"low":4}}}]}"#
        #expect(CatalogueShop.carryOut(try CatalogueShop.plan(json: json, on: state), on: &state) == nil)
        #expect(thresholds() == "MAIN#4")
        for (wrong, why) in [
            ("MAIN", "no list"), ("MAIN#", "no list"), ("MAIN#x", "no list"), ("MAIN#1+", "no list"), ("MAIN#1+2+3", "no list"),
            ("MAIN#-1", "whole number"), ("NO#1", "no location “NO”"), ("MAIN#1 MAIN#2", "there twice"),
            ("#1", "1 to 32 characters"),
        ] {
            let refusal = CatalogueShop.refusal(of: "sku,thresholds\nMUG,\(wrong)\n", on: state)
            #expect(refusal.contains("f.csv:2: ") && refusal.contains(why), "\(wrong): \(refusal)")
        }
        for wrong in [#"{"MAIN":3}"#, #"{"MAIN":{}}"#, #"{"MAIN":{"low":"3"}}"#, #"{"MAIN":{"low":3,"high":4}}"#, "null", "[]"] {
            #expect(throws: Failure.self) {
                try CatalogueJSON.read(#"{"products":[{"sku":"MUG","thresholds":\#(wrong)}]}"#, "f")
            }
        }
    }

    @Test("a stock of more than one line can count is counted, and one that no movement can is refused with its line")
    func largeStocks() throws {
        var state = CatalogueShop.teesAndMug
        let plan = try CatalogueShop.plan("sku,location,stock\nMUG,MAIN,1000000000000\nT-S,MAIN,3000000001\n", on: state)
        #expect(CatalogueShop.carryOut(plan, on: &state) == nil)
        #expect(state.variants[3]?.balance(at: "MAIN").onHand == 1_000_000_000_000)
        #expect(state.variants[1]?.balance(at: "MAIN").onHand == 3_000_000_001)
        let refusal = CatalogueShop.refusal(of: "sku,location,stock\nMUG,MAIN,1000000000001\n", on: state)
        #expect(refusal.contains("f.csv:2: stock: 1000000000001 is no whole number from 0 to 1000000000000"))
    }

    @Test("what earlier exports wrote is read as it was meant")
    func earlierExports() throws {
        let csv = """
            productId,product,status,productPrice,variantId,sku,variant,price,ownPrice,barcodes,lowStockThreshold,rearm,location,locationName,sells,stock
            1,Tee,active,19.99,1,T-S,S,21.50,,4006381333948,10,0,,,,
            1,Tee,active,19.99,2,T-M,M,19.99,,,10,0,,,,
            2,Mug,active,9.50,3,MUG,,9.50,,222,10,0,,,,
            ,,,,,,,,,,,,MAIN,Main,true,

            """
        #expect(try CatalogueShop.plan(csv, on: CatalogueShop.teesAndMug).changes.isEmpty)
        var copy = CatalogueShop.of([])
        #expect(CatalogueShop.carryOut(try CatalogueShop.plan(csv, on: copy), on: &copy) == nil)
        #expect(areSame(CatalogueFile(copy), CatalogueFile(CatalogueShop.teesAndMug)))
        let json = """
            {"locations":[{"code":"MAIN","name":"Main","sells":true}],"products":[{"id":1,"name":"Tee","status":"active","price":19.99,\
            "variants":[{"id":1,"sku":"T-S","name":"S","price":21.50,"barcodes":["4006381333948"],"lowStockThreshold":10,"rearm":0,"stock":{}},\
            {"id":2,"sku":"T-M","name":"M","barcodes":[],"lowStockThreshold":10,"rearm":0,"stock":{}}]}]}
            """
        #expect(try CatalogueShop.plan(json: json, on: CatalogueShop.teesAndMug).changes.isEmpty)
    }
}
