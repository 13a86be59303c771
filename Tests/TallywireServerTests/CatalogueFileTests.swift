import Foundation
import TallywireCore
import TallywireTesting
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("Catalogues in files")
struct CatalogueFileTests {
    // MARK: What a file says

    @Test("a file changes what it names and nothing else")
    func namesOnly() throws {
        let list = try CatalogueShop.plan("sku,location,stock\nT-S,MAIN,5\nT-M,,\n", on: CatalogueShop.tees)
        #expect(list.changes.isEmpty && list.counts.map(\.text) == ["count T-S at MAIN: 0 → 5"])
        let price = try CatalogueShop.plan("SKU;Price\n\n T-M ; 18.00 ;\n;;\n", on: CatalogueShop.tees)
        #expect(price.changes.flatMap(\.actions) == [.updateProduct(1, ProductUpdate(price: .some(Price("18.00"))))])
        let cleared = try CatalogueShop.plan("sku,price,barcodes\nT-S,none,none\n", on: CatalogueShop.tees)
        #expect(cleared.changes.flatMap(\.actions) == [.updateVariant(1, VariantUpdate(price: .some(nil), barcodes: []))])
        #expect(try CatalogueShop.plan("sku,price,barcodes\nT-S,21.50,\nT-M,19.99,\n", on: CatalogueShop.tees).changes.isEmpty)
    }

    @Test(
        "a file that contradicts itself is refused with its line",
        arguments: [
            ("product,sku,price\nMug,MUG,9.50\nMug,MUG,12.00\n", "f.csv:3: price: is not what f.csv:2 says"),
            ("product,sku\nBowl,BOWL\nPlate,BOWL\n", "f.csv:3: product: is not what f.csv:2 says"),
            ("product,sku,SKU\nPen,PEN,P\n", "f.csv:1: the column “SKU” is there twice"),
            ("product,sku,price\nPen,PEN,1,20\n", "f.csv:2: the row has 4 fields and the header 3"),
            ("product,sku,\nPen,PEN,x\n", "f.csv:2: “x” stands in a column without a name"),
            ("product,sku\n\"two\nlines\",A\nPen,PEN,3\n", "f.csv:4: the row has 3 fields"),
            ("product,sku\nPen,\"PEN\n", "f.csv:2: a quote is not closed"),
            ("product,sku,barcodes\nPen,PEN,4.00638E+12\n", "f.csv:2: barcodes: “4.00638E+12” is what a spreadsheet makes"),
            ("product,sku,location,stock\nPen,PEN,MAIN,1\nPen,PEN,MAIN,2\n", "f.csv:3: location: f.csv:2 has the stock"),
            ("product,sku,location,stock\nPen,PEN,MAIN,-1\n", "f.csv:2: stock: -1 is no whole number from 0 to "),
            ("product,sku,status\nPen,PEN,gone\n", "f.csv:2: status: “gone” is none of draft"),
            ("sku,price\nPEN,1\n", "f.csv:2: there is no SKU “PEN” on the server, and a new product needs a name"),
            ("product,sku,barcodes\nA,A,4006381333931\nB,B,4006381333931\n", "f.csv:3: "),
            ("location,sells\nMAIN,no\n", "the column “sku” is missing"),
            ("sku,location,priority\n,MAIN,first\n", "f.csv:2: priority: “first” is no whole number"),
            ("sku,location,priority\n,MAIN,1000001\n", "f.csv:2: priority: a whole number from 0 to 1000000"),
            ("sku,location,priority\n,MAIN,1\n,MAIN,2\n", "f.csv:3: priority: is not what f.csv:2 says"),
            ("sku,priority\n,1\n", "f.csv:2: location: is empty"),
            ("", "f.csv is empty"),
        ])
    func contradictions(csv: String, expected: String) {
        #expect(CatalogueShop.refusal(of: csv).contains(expected), "\(CatalogueShop.refusal(of: csv))")
    }

    @Test("a location that is there gets the name, the priority and the sale that the file gives, and keeps what it does not")
    func locations() throws {
        var state = CatalogueShop.of([.createLocation(Location(code: "A B 1", name: "Yard", priority: 3))])
        let plan = try CatalogueShop.plan("sku,location,locationName,sells,priority\n,A B 1,Shop,no,\n,MAIN,,,7\n", on: state)
        #expect(plan.changes.map(\.text) == ["update location A B 1", "update location MAIN"] && plan.updated == 2)
        #expect(plan.changes[0].actions[0].call([:])?.path == "/api/locations/A%20B%201")
        #expect(plan.changes[0].actions[0].call([:])?.body == Data(#"{"name":"Shop","sells":false}"#.utf8))
        #expect(CatalogueShop.carryOut(plan, on: &state) == nil)
        #expect(state.locations["A B 1"] == Location(code: "A B 1", name: "Shop", sells: false, priority: 3))
        #expect(state.locations["MAIN"] == Location(code: "MAIN", name: "Main", priority: 7))
        #expect(CatalogueCSV.write(CatalogueFile(state)).contains("MAIN,Main,true,7,"))
        #expect(CatalogueJSON.write(CatalogueFile(state)).contains(#"{"code":"MAIN","name":"Main","sells":true,"priority":7}"#))
    }

    @Test("all mistakes are told at once, and nothing is changed")
    func allMistakes() {
        let text = CatalogueShop.refusal(of: "product,sku,price\nA,A,x\nB,B,y\n")
        #expect(text.contains("f.csv:2: ") && text.contains("f.csv:3: ") && text.hasSuffix("nothing was changed"))
    }

    @Test("a row that names by id what has another SKU on the server is refused; ids that are free are taken")
    func foreignIDs() throws {
        #expect(
            CatalogueShop.refusal(of: "productId,product,sku\n1,Sticker,STICK\n", on: CatalogueShop.tees).contains(
                "f.csv:2: product 1 on the server is “Tee” (T-S, T-M)"))
        #expect(
            CatalogueShop.refusal(of: "productId,product,variantId,sku\n9,Mug,2,MUG\n", on: CatalogueShop.tees).contains(
                "f.csv:2: variant 2 on the server is “T-M”"))
        let taken = try CatalogueShop.plan("productId,product,variantId,sku\n9,Mug,7,MUG\n", on: CatalogueShop.tees)
        #expect(
            taken.changes.flatMap(\.actions) == [
                .createProduct(NewProduct(id: 9, name: "Mug", content: .single(NewVariant(id: 7, sku: "MUG", name: "Mug"))))
            ])
        // What is known by its SKU is that, whatever its id was elsewhere.
        #expect(try CatalogueShop.plan("productId,product,variantId,sku\n5,Tee,8,T-S\n", on: CatalogueShop.tees).changes.isEmpty)
    }

    @Test("a UPC, an EAN-8 or a UPC-E that has lost its zero is said with its line and taken as it is written")
    func lostZero() throws {
        // The second is an EAN-8, the third a UPC-E.
        for (code, whole) in [("36000291452", "036000291452"), ("1234565", "01234565"), ("4252614", "04252614")] {
            let plan = try CatalogueShop.plan("product,sku,barcodes\nPen,PEN,\(code)\n", on: CatalogueShop.of([]))
            #expect(plan.notes.first?.hasPrefix("f.csv:2: barcodes: “\(code)” looks like \(whole) ") == true, "\(plan.notes)")
            #expect(
                try CatalogueShop.plan("product,sku,barcodes\nPen,PEN,\"\"\"\(code)\"\"\"\n", on: CatalogueShop.of([])).notes == [])
        }
    }

    // MARK: Texts

    @Test("texts of old spreadsheets are read, and a guess is said")
    func encodings() throws {
        let text = "product,sku\nÄpfel,A\n"
        for (encoding, mark) in [(String.Encoding.utf16LittleEndian, [0xFF, 0xFE]), (.utf16BigEndian, [0xFE, 0xFF])] {
            let data = Data(mark.map { UInt8($0) }) + (text.data(using: encoding) ?? Data())
            #expect(try FileText(data, "f").text == text)
        }
        #expect(try FileText(Data("\u{FEFF}\(text)".utf8), "f").text == text)
        let old = try FileText(#require(text.data(using: .windowsCP1252)), "f")
        #expect(old.text == text && old.note?.contains("Windows-1252") == true)
        #expect(throws: Failure.self) { try FileText(Data([0x50, 0x4B, 3, 4, 0, 0]), "f") }
    }

    @Test(
        "what a spreadsheet would execute is neutralised, and comes back as it was",
        arguments: ["=1+1", "+1", "-2", "@SUM(1)", "\tx", "\rx", "'=x", "''", "'", "'x", "''=x", "plain", "a=b"])
    func formulas(text: String) throws {
        let field = CSVField.quoted(text)
        let first = try #require(field.unicodeScalars.first { $0 != "\"" })
        #expect(!"=+-@\t\r".unicodeScalars.contains(first))
        let row = try #require(try CSVTable("h\n\(field)\n").rows.last)
        #expect(CSVField.plain(row.fields[0]) == text)
    }

    @Test("a file of one bracket too many is refused, and the program lives", arguments: ["", #"{"products":"#])
    func nested(_ beginning: String) {
        let brackets = String(repeating: "[", count: beginning.isEmpty ? 513 : 512)
        #expect(throws: Failure.self) { try CatalogueJSON.read(beginning + brackets, "f") }
    }

    @Test(
        "a member that a JSON file has twice is refused, with its place",
        arguments: [
            (#"{"products":[{"sku":"A","name":"Pen","price":1,"price":2}]}"#, "products[0].price"),
            (#"{"products":[],"locations":[],"products":[]}"#, "products"),
            (#"{"products":[{"sku":"A","name":"Pen","stock":{"WH1":1,"WH1":2}}]}"#, "products[0].stock.WH1"),
        ])
    func twice(text: String, place: String) {
        let failure = #expect(throws: Failure.self) { try CatalogueJSON.read(text, "f.json") }
        #expect(failure?.message.contains("“\(place)” is there twice") == true)
    }

    @Test("a letter with any number of marks is refused, with its line")
    func marks() {
        let text = "product,sku\nPen,A\nPe\(String(repeating: "\u{301}", count: 40))n,B\n"
        let failure = #expect(throws: Failure.self) { try FileText(Data(text.utf8), "f.csv") }
        #expect(failure?.message.hasPrefix("error: f.csv:3: ") == true)
    }

    @Test("barcodes with spaces, stars and quotes are one each")
    func barcodes() throws {
        func read(_ text: String) throws -> [Barcode] { try CSVField.barcodes(text).map(\.barcode) }
        let codes =
            ["AB 123", "X*12", "none", "say \"hi\"", "4006381333931"].map { Barcode(code: $0) } + [Barcode(code: "A 1", units: 12)]
        #expect(try read(CSVField.text(codes)) == codes)
        #expect(try read("none") == [] && read("A*2  B") == [Barcode(code: "A", units: 2), Barcode(code: "B")])
        for broken in ["\"A", "\"A\"B", "A*x", "A*0", "A*"] {
            #expect(throws: CSVField.BarcodeMistake.self) { try CSVField.barcodes(broken) }
        }
    }

    @Test(
        "a quote is doubled whatever stands behind it",
        arguments: ["5\"\u{301} Nagel", "\"\u{200D}", "a\"\u{FE0F}b", "\"\u{301}\"\u{301}"])
    func quotesWithMarks(text: String) throws {
        let rows = try CSVTable(
            "name,barcodes\n\(CSVField.quoted(text)),\(CSVField.quoted(CSVField.text([Barcode(code: text)])))\n"
        ).rows
        let fields = try #require(rows.last?.fields)
        #expect(fields.count == 2 && fields[0].unicodeScalars.elementsEqual(text.unicodeScalars))
        #expect(try CSVField.barcodes(fields[1]).map(\.barcode) == [Barcode(code: text)])
    }

    @Test(
        "a barcode that a spreadsheet has ruined is refused with its line, and taken where it stands in quotes",
        arguments: [
            "5E3", "4.00638E+12", "4,00638E+12", "4006381333931.0", "4006381333931,00", "4,006,381,333,931", "4.006.381.333.931",
            "4'006'381'333'931", "4’006’381’333’931", "4,006,381,333,931.00", "########", "#N/A", "#NV", "#DIV/0!", "#REF!",
            "Err:502",
        ])
    func ruined(code: String) throws {
        func text(_ field: String) -> String { "product,sku,barcodes\nPen,PEN,\(CSVField.quoted(field))\n" }
        let refusal = CatalogueShop.refusal(of: text(code))
        #expect(refusal.contains("f.csv:2: barcodes: “\(code)” is what a spreadsheet makes of a barcode"), "\(refusal)")
        var made = CatalogueShop.of([])
        let plan = try CatalogueShop.plan(text("\"\(code)\""), on: made)
        #expect(plan.notes == [] && CatalogueShop.carryOut(plan, on: &made) == nil)
        // And so it stands in an export.
        #expect(try CatalogueShop.plan(CatalogueCSV.write(CatalogueFile(made)), on: made).changes.isEmpty)
    }

    @Test(
        "a name that a spreadsheet has made an error of is noted", arguments: ["#NAME?", "#N/A", "########", "#DIV/0!", "#WERT!"])
    func errorsAsNames(name: String) throws {
        let notes = try CatalogueShop.plan("product,sku\n\(name),PEN\n", on: CatalogueShop.of([])).notes
        #expect(notes == ["f.csv:2: product: “\(name)” looks like an error of a spreadsheet; it is taken as it is written"])
        #expect(try CatalogueShop.plan("product,sku\n#1 Pen,PEN\n", on: CatalogueShop.of([])).notes == [])
    }

    @Test("a barcode whose thousands stand apart is not taken for several", arguments: [" ", "\u{A0}", "\u{202F}"])
    func grouped(space: String) throws {
        let text = ["4", "006", "381", "333", "931"].joined(separator: space)
        #expect(
            CatalogueShop.refusal(of: "product,sku,barcodes\nPen,PEN,\(text)\n").contains("f.csv:2: barcodes: “\(text)” is what"))
        let several = ["4", "006", "381", "333", "931"].map { Barcode(code: $0) }
        #expect(try CSVField.barcodes(CSVField.text(several)).map(\.barcode) == several)
        #expect(!BarcodeDamage.isGrouped(CSVField.text(several)))
        #expect(try CatalogueShop.plan("product,sku,barcodes\nPen,PEN,111 222\n", on: CatalogueShop.of([])).changes.count == 1)
    }
}
