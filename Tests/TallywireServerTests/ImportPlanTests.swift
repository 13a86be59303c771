import Foundation
import TallywireCore
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("Plans of imports")
struct ImportPlanTests {
    // MARK: Nothing is ignored

    @Test("the price of a product without variants is changed by either column, taken away by none, and not by two that disagree")
    func singlePrices() throws {
        func actions(_ csv: String) throws -> [Command.Action] {
            try CatalogueShop.plan(csv, on: CatalogueShop.teesAndMug).changes.flatMap(\.actions)
        }
        #expect(try actions("sku,price\nMUG,10.50\n") == [.updateProduct(2, ProductUpdate(price: .some(Price("10.50"))))])
        #expect(try actions("sku,productPrice\nMUG,10.50\n") == [.updateProduct(2, ProductUpdate(price: .some(Price("10.50"))))])
        #expect(try actions("sku,price\nMUG,none\n") == [.updateProduct(2, ProductUpdate(price: .some(nil)))])
        #expect(try actions("sku,price,ownPrice\nMUG,9.50,false\n") == [])
        let refusal = CatalogueShop.refusal(of: "sku,productPrice,price\nMUG,9.50,10.50\n", on: CatalogueShop.teesAndMug)
        #expect(refusal.contains("f.csv:2: price: is 10.50, but the product's is 9.50"), "\(refusal)")
        // So an export can be edited in its one column.
        let export = CatalogueCSV.write(CatalogueFile(CatalogueShop.teesAndMug)).replacing(",9.50,", with: ",10.50,")
        #expect(
            try actions(export) == [.updateProduct(2, ProductUpdate(name: "Mug", status: .active, price: .some(Price("10.50"))))])
    }

    @Test(
        "prices that contradict each other in a row are refused with it",
        arguments: [
            ("sku,productPrice,price,ownPrice\nT-M,80,81,false\n", "f.csv:2: ownPrice: is false, but the price is 81.00"),
            ("sku,ownPrice\nT-M,true\n", "f.csv:2: ownPrice: is true, but there is no price"),
            ("sku,price,ownPrice\nT-M,none,true\n", "f.csv:2: ownPrice: is true, but there is no price"),
            ("sku,price,ownPrice\nMUG,9.50,true\n", "f.csv:2: ownPrice: is true, but a product without variants has one price"),
            (
                "product,sku,price,ownPrice\nPen,PEN,5,true\n",
                "f.csv:2: ownPrice: is true, but a product without variants has one price"
            ),
            ("product,sku,productPrice,price\nPen,PEN,5,6\n", "f.csv:2: price: is 6.00, but the product's is 5.00"),
            ("sku,price,ownPrice\nT-S,13,false\nT-M,12,false\n", "f.csv:2: ownPrice: is false, but the price is 13.00"),
            (
                "product,sku,variant,price,ownPrice\nCap,C1,a,5,false\nCap,C2,b,6,false\n",
                "f.csv:3: ownPrice: is false, but the price is 6.00 and the product's is 5.00"
            ),
            ("sku,price,ownPrice\nT-M,12,true\nT-M,12,false\n", "f.csv:3: ownPrice: is not what f.csv:2 says"),
        ])
    func priceContradictions(csv: String, expected: String) {
        let refusal = CatalogueShop.refusal(of: csv, on: CatalogueShop.teesAndMug)
        #expect(refusal.contains(expected), "\(refusal)")
    }

    @Test("ownPrice says whose price it is, also alone")
    func ownPrices() throws {
        func actions(_ csv: String) throws -> [Command.Action] {
            try CatalogueShop.plan(csv, on: CatalogueShop.tees).changes.flatMap(\.actions)
        }
        #expect(try actions("sku,ownPrice\nT-S,false\n") == [.updateVariant(1, VariantUpdate(price: .some(nil)))])
        #expect(
            try actions("sku,price,ownPrice\nT-M,19.99,true\n") == [.updateVariant(2, VariantUpdate(price: .some(Price("19.99"))))])
        #expect(
            try actions("sku,price,ownPrice\nT-S,18,false\nT-M,18,false\n") == [
                .updateProduct(1, ProductUpdate(price: .some(Price("18")))), .updateVariant(1, VariantUpdate(price: .some(nil))),
            ])
    }

    @Test(
        "what JSON says and an import could not do is refused with its place",
        arguments: [
            (#"{"products":[{"name":"Pen","sku":"P","barcodes":[{"code":"1","unit":12}]}]}"#, "products[0].barcodes[0].unit: "),
            (#"{"products":[{"name":"Pen","sku":"P","variants":[{"sku":"Q","name":"q"}]}]}"#, "products[0].sku: "),
            (#"{"products":[{"name":"Pen","barcodes":["1"],"variants":[{"sku":"Q","name":"q"}]}]}"#, "products[0].barcodes: "),
            (#"{"products":[{"name":"Pen","stock":{"MAIN":1},"variants":[{"sku":"Q","name":"q"}]}]}"#, "products[0].stock: "),
            (#"{"products":[{"name":"Pen","stock":{"MAIN":1},"variants":[]}]}"#, "products[0] lacks “sku”"),
            (#"{"products":[{"name":"Pen","sku":"P","stock":{"MAIN":1," MAIN ":2}}]}"#, "products[0].stock: “MAIN” is there twice"),
            (#"{"products":[{"name":"Pen","price":5,"variants":[{"sku":"Q","price":7}]}]}"#, "products[0].variants[0]: variant: "),
            (#"{"products":[{"name":"Pen","sku":"P","barcodes":null}]}"#, "products[0].barcodes: null is no value of this"),
            (#"{"products":[{"name":"Pen","sku":"P","stock":{"MAIN":null}}]}"#, "products[0].stock"),
            (#"{"products":[{"name":null,"sku":"MUG"}]}"#, "products[0].name: null is no value of this"),
            (#"{"locations":[{"code":"WH","sells":null}]}"#, "locations[0].sells: null is no value of this"),
            (
                #"{"products":[{"name":"Cup","sku":"T-M","price":5}]}"#,
                "products[0]: “T-M” is a variant of product 1 “Tee” on the server"
            ),
            (#"{"products":[{"variants":[{"sku":"MUG","price":7}]}]}"#, "products[0].variants[0]: ownPrice: "),
        ])
    func ignoredInJSON(json: String, expected: String) {
        let refusal = CatalogueShop.refusal(ofJSON: json, on: CatalogueShop.teesAndMug)
        #expect(refusal.contains("error: f.json: \(expected)"), "\(refusal)")
    }

    @Test("rows of one name are one product, where only some have its id")
    func partlyFilledIDs() throws {
        for csv in [
            "productId,product,sku,variant\n50,Cup,C1,a\n,Cup,C2,b\n", "productId,product,sku,variant\n,Cup,C2,b\n50,Cup,C1,a\n",
        ] {
            var state = CatalogueShop.of([])
            #expect(CatalogueShop.carryOut(try CatalogueShop.plan(csv, on: state), on: &state) == nil)
            #expect(state.products.keys.sorted() == [50] && state.variants.count == 2)
        }
        let refusal = CatalogueShop.refusal(
            of: "productId,product,sku,variant\n50,Cup,C1,a\n51,Cup,C2,b\n,Cup,C3,c\n")
        #expect(refusal.contains("f.csv:4: productId: is empty, and products 50 and 51 are called “Cup”"), "\(refusal)")
        // What is known here is told by its SKU, so two products of one name stay two.
        var two = CatalogueShop.of(
            ["C1", "C2"].map { .createProduct(NewProduct(name: "Cup", content: .single(NewVariant(sku: $0, name: "Cup")))) })
        #expect(
            CatalogueShop.carryOut(
                try CatalogueShop.plan("productId,product,sku,price\n1,Cup,C1,3\n,Cup,C2,4\n", on: two), on: &two) == nil)
        #expect(two.products[1]?.price == Price("3") && two.products[2]?.price == Price("4"))
    }

    // MARK: Ids

    @Test(
        "a row that names by id what has another SKU here is refused, also where its own SKU is known",
        arguments: [
            ("variantId,sku\n2,MUG\n", "f.csv:2: variant 2 on the server is “T-M”, not “MUG”"),
            ("variantId,sku\n3,T-M\n2,MUG\n", "f.csv:3: variant 2 on the server is “T-M”, not “MUG”"),
            ("variantId,sku\n9,MUG\n9,T-M\n", "f.csv:3: variant 9 is “MUG” at f.csv:2, and “T-M” in this row"),
            ("productId,product,sku\n1,Sticker,MUG\n", "f.csv:2: product 1 on the server is “Tee” (T-S, T-M), not “MUG”"),
            (
                "productId,product,sku\n1,Sticker,STICK\n",
                "f.csv:2: product 1 on the server is “Tee” (T-S, T-M), not “STICK”: leave the id out for a new product, or add a row of “T-S”"
            ),
            (
                "productId,product,sku,variant\n2,Tee,NEW,n\n,Tee,T-S,\n",
                "f.csv:2: product 2 on the server is “Mug” (MUG), not “NEW”"
            ),
        ])
    func foreignIDs(csv: String, expected: String) {
        let refusal = CatalogueShop.refusal(of: csv, on: CatalogueShop.teesAndMug)
        #expect(refusal.contains(expected), "\(refusal)")
    }

    @Test("what is new without an id takes none that the file gives to another")
    func nextIDs() throws {
        let csv = """
            productId,product,variantId,sku,variant
            5,Cup,11,C1,a
            5,Cup,,C2,b
            ,Pen,,PEN,
            6,Cap,12,CAP,
            1,Tee,,T-L,L
            1,Tee,,T-S,S
            """
        var state = CatalogueShop.tees
        #expect(CatalogueShop.carryOut(try CatalogueShop.plan(csv, on: state), on: &state) == nil)
        #expect(state.variant(withSKU: "C1") == 11 && state.variant(withSKU: "CAP") == 12)
        #expect(state.products[5]?.variants.count == 2 && state.products[1]?.variants.count == 3)
        #expect(Set(state.products.keys) == [1, 5, 6, 7])
    }

    // MARK: Names in one form

    @Test(
        "names are compared in the form in which the server has them",
        arguments: [
            (#"{"products":[{"name":"A","sku":"A","barcodes":[" 4006381333948"]}]}"#, "belongs to variant 1"),
            (
                #"{"products":[{"name":"A","sku":"A","barcodes":["é"]},{"name":"B","sku":"B","barcodes":[" e\u0301 "]}]}"#,
                "belongs to variant 3"
            ),
            (#"{"products":[{"name":"A","sku":"A","barcodes":["  "]}]}"#, "a barcode has 1 to 256 characters"),
            (#"{"locations":[{"code":"WH"},{"code":" WH"}]}"#, "“WH” is there twice"),
            (#"{"products":[{"name":"A","sku":"é"},{"name":"B","sku":" e\u0301"}]}"#, "the SKU “é” is there twice"),
        ])
    func keyForms(json: String, expected: String) {
        let refusal = CatalogueShop.refusal(ofJSON: json, on: CatalogueShop.tees)
        #expect(refusal.contains(expected), "\(refusal)")
    }

    @Test("places and items are found with blanks around them")
    func blanks() throws {
        var state = CatalogueShop.tees
        let json = #"{"locations":[{"code":"WH"}],"products":[{"sku":" T-S\n","stock":{" WH":3," MAIN ":5}}]}"#
        #expect(CatalogueShop.carryOut(try CatalogueShop.plan(json: json, on: state), on: &state) == nil)
        #expect(state.locations.count == 2 && state.variants[1]?.balances.map(\.onHand) == [5, 3])
    }

    // MARK: Barcodes that change their items

    @Test(
        "barcodes go from one item to another in any order of the rows",
        arguments: [
            "sku,barcodes\nT-S,222\nMUG,4006381333948\n", "sku,barcodes\nMUG,4006381333948\nT-S,222\n",
            "sku,barcodes\nT-S,4006381333948 222\nMUG,none\n", "sku,barcodes\nMUG,none\nT-S,4006381333948 222\n",
            "product,sku,barcodes\nPen,PEN,04006381333948 222\n,T-S,X\n,MUG,none\n",
        ])
    func movedBarcodes(csv: String) throws {
        var state = CatalogueShop.teesAndMug
        let file = try CatalogueCSV.read(csv, "f.csv")
        let plan = try ImportPlan(file, on: state)
        #expect(CatalogueShop.carryOut(plan, on: &state) == nil)
        for row in file.products.flatMap(\.variants) {
            #expect(state.variant(withSKU: row.sku).flatMap { state.variants[$0] }?.barcodes == row.barcodes)
        }
        #expect(plan.updated == 2)
    }

    @Test("a barcode that its item keeps is not taken away from it")
    func keptBarcodes() {
        for csv in ["sku,barcodes\nT-M,222\n", "sku,barcodes\nT-M,222\nMUG,222 333\n", "sku,barcodes\nMUG,222\nT-M,222\n"] {
            let refusal = CatalogueShop.refusal(of: csv, on: CatalogueShop.teesAndMug)
            #expect(refusal.contains("the barcode “222” belongs to variant 3"), "\(refusal)")
        }
    }
}
