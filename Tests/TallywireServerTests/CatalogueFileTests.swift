import Foundation
import TallywireCore
import TallywireTesting
import Testing

@testable import TallywireServer

@Suite("Catalogues in files")
struct CatalogueFileTests {
    /// A server's catalogue, by the bodies of commands.
    private func shop(_ actions: [Command.Action]) -> InventoryState {
        var state = InventoryState(seq: 0, locations: [.main], products: [], variants: [], lastIDs: .init())
        for action in actions { #expect(apply(action, to: &state) == nil) }
        return state
    }

    /// Why the action was refused, if it was.
    private func apply(_ action: Command.Action, to state: inout InventoryState) -> String? {
        let command = Command(source: "test", action: action)
        if let rejection = command.validate() { return rejection.message }
        if case .rejected(let rejection) = state.decide(command, id: "1", now: Timestamp(milliseconds: 0)).outcome {
            return rejection.message
        }
        return nil
    }

    private func plan(_ csv: String, on state: InventoryState) throws -> ImportPlan {
        try ImportPlan(CatalogueCSV.read(csv, "f.csv"), on: state)
    }

    private func refusal(of csv: String, on state: InventoryState? = nil) -> String {
        do {
            _ = try plan(csv, on: state ?? shop([]))
            return "it was not refused"
        } catch { return (error as? Failure)?.message ?? "\(error)" }
    }

    private var tees: InventoryState {
        shop([
            .createProduct(
                NewProduct(
                    id: 1, name: "Tee", price: Price("19.99"),
                    content: .variants([
                        NewVariant(id: 1, sku: "T-S", name: "S", price: Price("21.50"), barcodes: [Barcode(code: "4006381333948")]),
                        NewVariant(id: 2, sku: "T-M", name: "M"),
                    ])))
        ])
    }

    // MARK: What a file says

    @Test("a file changes what it names and nothing else")
    func namesOnly() throws {
        let list = try plan("sku,location,stock\nT-S,MAIN,5\nT-M,,\n", on: tees)
        #expect(list.changes.isEmpty && list.counts.map(\.text) == ["count T-S at MAIN: 0 → 5"])
        let price = try plan("SKU;Price\n\n T-M ; 18.00 ;\n;;\n", on: tees)
        #expect(price.changes.map(\.action) == [.updateProduct(1, ProductUpdate(price: .some(Price("18.00"))))])
        let cleared = try plan("sku,price,barcodes\nT-S,none,none\n", on: tees)
        #expect(cleared.changes.map(\.action) == [.updateVariant(1, VariantUpdate(price: .some(nil), barcodes: []))])
        #expect(try plan("sku,price,barcodes\nT-S,21.50,\nT-M,19.99,\n", on: tees).changes.isEmpty)
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
            ("product,sku,location,stock\nPen,PEN,MAIN,-1\n", "f.csv:2: lines[0].quantity: "),
            ("product,sku,status\nPen,PEN,gone\n", "f.csv:2: status: “gone” is none of draft"),
            ("sku,price\nPEN,1\n", "f.csv:2: there is no SKU “PEN” here, and a new product needs a name"),
            ("product,sku,barcodes\nA,A,4006381333931\nB,B,4006381333931\n", "f.csv:3: "),
            ("location,sells\nMAIN,no\n", "the column “sku” is missing"),
            ("sku,location,sells\n,MAIN,no\n", "f.csv:2: location MAIN sells here"),
            ("", "f.csv is empty"),
        ])
    func contradictions(csv: String, expected: String) {
        #expect(refusal(of: csv).contains(expected), "\(refusal(of: csv))")
    }

    @Test("all mistakes are told at once, and nothing is changed")
    func allMistakes() {
        let text = refusal(of: "product,sku,price\nA,A,x\nB,B,y\n")
        #expect(text.contains("f.csv:2: ") && text.contains("f.csv:3: ") && text.hasSuffix("nothing was changed"))
    }

    @Test("a row that names by id what has another SKU here is refused; ids that are free are taken")
    func foreignIDs() throws {
        #expect(
            refusal(of: "productId,product,sku\n1,Sticker,STICK\n", on: tees).contains(
                "f.csv:2: product 1 here is “Tee” (T-S, T-M)"))
        #expect(
            refusal(of: "productId,product,variantId,sku\n9,Mug,2,MUG\n", on: tees).contains("f.csv:2: variant 2 here is “T-M”"))
        let taken = try plan("productId,product,variantId,sku\n9,Mug,7,MUG\n", on: tees)
        #expect(
            taken.changes.map(\.action) == [
                .createProduct(NewProduct(id: 9, name: "Mug", content: .single(NewVariant(id: 7, sku: "MUG", name: "Mug"))))
            ])
        // What is known by its SKU is that, whatever its id was elsewhere.
        #expect(try plan("productId,product,variantId,sku\n5,Tee,8,T-S\n", on: tees).changes.isEmpty)
    }

    @Test("a UPC that has lost its zero is said with its line and taken as it is written")
    func lostZero() throws {
        let plan = try plan("product,sku,barcodes\nPen,PEN,12345678905\n", on: shop([]))
        #expect(plan.notes.count == (BarcodeDamage.withZero("12345678905") == nil ? 0 : 1))
        #expect(BarcodeDamage.withZero("36000291452") == "036000291452")
        #expect(
            try self.plan("product,sku,barcodes\nPen,PEN,36000291452\n", on: shop([])).notes.first?.hasPrefix("f.csv:2: barcodes: ")
                == true)
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
        let codes =
            ["AB 123", "X*12", "none", "say \"hi\"", "4006381333931"].map { Barcode(code: $0) } + [Barcode(code: "A 1", units: 12)]
        #expect(try CSVField.barcodes(CSVField.text(codes)) == codes)
        #expect(
            try CSVField.barcodes("none") == []
                && CSVField.barcodes("A*2  B") == [Barcode(code: "A", units: 2), Barcode(code: "B")])
        for broken in ["\"A", "\"A\"B", "A*x", "A*0", "A*"] {
            #expect(throws: CSVField.BarcodeMistake.self) { try CSVField.barcodes(broken) }
        }
    }

    // MARK: Round trips

    @Test("an exported catalogue changes nothing here, and makes the same of nothing", arguments: ["csv", "json"], 0..<60)
    func roundTrip(format: String, seed: Int) throws {
        let state = randomShop(seed: UInt64(seed))
        let file = CatalogueFile(state)
        let text = format == "csv" ? CatalogueCSV.write(file) : CatalogueJSON.write(file)
        let read = format == "csv" ? try CatalogueCSV.read(text, "f") : try CatalogueJSON.read(text, "f")
        let again = try ImportPlan(read, on: state)
        #expect(again.changes.map(\.text) == [] && again.counts.map(\.text) == [], "\(text)")

        var copy = shop([])
        for change in try ImportPlan(read, on: copy).all { #expect(apply(change.action, to: &copy) == nil) }
        #expect(CatalogueJSON.write(CatalogueFile(copy)) == CatalogueJSON.write(file))
    }

    /// A catalogue of odd names, codes, prices and places.
    private func randomShop(seed: UInt64) -> InventoryState {
        var random = SplitMix(state: seed)
        let pieces = ["=", "+", "-", "@", "'", "\"", ",", ";", " ", "*", "é", "e\u{301}", "a", "B", "7", "none", "\u{1F600}", "ß"]
        func text(_ length: Int) -> String {
            let inner = (0..<length).map { _ in pieces.randomElement(using: &random) ?? "x" }.joined()
            return "\(pieces.filter { $0 != " " }.randomElement(using: &random) ?? "x")\(inner)x"
        }
        func price() -> Price? { Bool.random(using: &random) ? Price(hundredths: .random(in: 0...3, using: &random)) : nil }
        var state = shop([])
        var places = ["MAIN"]
        for index in 0..<Int.random(in: 0...3, using: &random) {
            let code = "L\(index)'"
            places.append(code)
            _ = apply(.createLocation(Location(code: code, name: text(2), sells: .random(using: &random))), to: &state)
        }
        func variant(_ name: String, _ number: Int) -> NewVariant {
            NewVariant(
                sku: "=S\(number)", name: name, price: price(),
                barcodes: (0..<Int.random(in: 0...2, using: &random)).map {
                    Barcode(code: "\(text(1)) \(number) \($0)", units: .random(in: 1...3, using: &random))
                }, alerts: AlertRule(threshold: .random(in: 0...9, using: &random), rearm: .random(in: 0...3, using: &random)))
        }
        for number in 0..<6 {
            let content: NewProduct.Content =
                Bool.random(using: &random)
                ? .single(variant("x", number * 10))
                : .variants((0..<Int.random(in: 1...3, using: &random)).map { variant(text(2), number * 10 + $0) })
            let status = ProductStatus.allCases.randomElement(using: &random) ?? .active
            _ = apply(.createProduct(NewProduct(name: text(3), status: status, price: price(), content: content)), to: &state)
        }
        for sku in state.variants.values.map(\.sku).sorted() {
            for place in places where Bool.random(using: &random) {
                let units = Int64.random(in: 1...50, using: &random)
                _ = apply(
                    .move(Movement(lines: [.init(item: .sku(sku), location: place, operation: .set, quantity: units)])), to: &state)
            }
        }
        #expect(!state.variants.isEmpty)
        return state
    }
}

extension ImportPlan {
    fileprivate var all: [Change] { changes + counts }
}
