import GS1
import Testing

@Suite("Scans")
struct ScanTests {
    @Test("what scanners send is read by its symbology identifier", arguments: ScanFixtures.accepted)
    func accepted(text: String, expected: String) throws {
        let scan = try Scan(text)
        #expect("\(scan.symbology) " + (scan.message?.description ?? "-") == expected)
    }

    @Test("what no scanner sends is refused with a place and words", arguments: ScanFixtures.refused)
    func refused(text: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) { try Scan(text) }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("data that looks like an element string is text where the symbology carries none")
    func textStaysText() throws {
        #expect(try Scan("]C00109521234543213").content == .text(Array("0109521234543213".utf8)))
        #expect(try Scan("]d10109521234543213").message == nil)
        #expect(try Scan("]Q1HtTps://id.gs1.org/01/09521234543213").message == nil)
    }

    @Test("the add-on of a periodical stands beside its GTIN")
    func addOn() throws {
        let scan = try Scan("]E3977031762100712")
        let message = try GS1Message([Element(.gtin, "09770317621007")])
        #expect(scan.content == .tradeItem(addOn: "12", message))
    }

    @Test("the URI of a link is kept as it was")
    func link() throws {
        let uri = "HTTPS://id.gs1.org/01/09521234543213?x=y"
        guard case .digitalLink(let kept, let message) = try Scan("]Q1" + uri).content else {
            Issue.record("a link is read as something else")
            return
        }
        #expect(kept == uri)
        #expect(message.gtin?.digits14 == "09521234543213")
    }

    @Test(
        "a message comes back from every symbology that can carry it",
        arguments: [Symbology.gs1Code128, .gs1Code128Composite, .dataBarExpanded, .qrCode, .dataMatrix, .dotCode])
    func roundTrip(symbology: Symbology) throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(10)AB\\(1(17)271200(21)x")
        #expect(try Scan(message.scanData(in: symbology)).message == message)
    }

    @Test(
        "a GTIN, with a composite component or without, comes back from symbols for retail",
        arguments: [Symbology.ean13, .upcA, .upcE, .ean8, .dataBarOmnidirectional, .dataBarLimited])
    func retail(symbology: Symbology) throws {
        let gtins: [Symbology: String] = [.upcA: "036000291452", .upcE: "042100005264", .ean8: "96385074"]
        let gtin = try GTIN(gtins[symbology] ?? "4006381333931")
        let alone = try GS1Message([Element(.gtin, gtin.digits14)])
        #expect(try Scan(alone.scanData(in: symbology)).message == alone)
        let composite = try GS1Message([Element(.gtin, gtin.digits14), Element(.expiry, "271231"), Element(.batch, "A")])
        #expect(try Scan(composite.scanData(in: symbology)).message == composite)
    }

    @Test("a symbology refuses what it cannot carry")
    func unfit() throws {
        let carton = try GTIN("14006381333938")
        for symbology in [Symbology.ean13, .ean8, .upcA, .upcE, .code39] {
            #expect(throws: GS1Error.self) { try Scan.data(for: .tradeItem(carton), in: symbology) }
        }
        #expect(throws: GS1Error.self) { try Scan.data(for: .tradeItem(GTIN("24006381333935")), in: .dataBarLimited) }
        #expect(throws: GS1Error.self) { try Scan.data(for: .text("x"), in: .ean13) }
        #expect(throws: GS1Error.self) { try Scan.data(for: .tradeItem(carton, composite: "10A"), in: .itf) }
        #expect(try Scan.data(for: .tradeItem(carton), in: .itf) == "]I114006381333938")
        let pallet = try GS1Message(bracketed: "(00)106141411234567897")
        let error = try #require(throws: GS1Error.self) { try pallet.scanData(in: .ean13) }
        #expect(
            error.description == "the data does not fit the symbology; expected (01) as the first element, in a symbol of ean13")
    }
}
