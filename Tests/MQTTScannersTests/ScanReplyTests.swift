import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("The reply to a scan")
struct ScanReplyTests {
    private func line(_ sku: String, seq: UInt64) -> Receipt.Line {
        Receipt.Line(
            seq: seq, sku: sku, productID: ProductID(1), variantID: VariantID(11), operation: .subtract, quantity: 1,
            location: "WH1",
            stock: 41, previousStock: 42, locationStock: 10, level: .ok, version: 3)
    }

    private func text(_ reply: ScanReply) -> String { String(decoding: reply.json, as: UTF8.self) }

    @Test("says what was applied")
    func applied() {
        let receipt = Receipt(movementID: "m", seq: 1042, lines: [line("TEE", seq: 1042)])
        #expect(
            text(ScanReply(id: "m", outcome: .applied(receipt)))
                == #"{"id":"m","status":"applied","seq":1042,"sku":"TEE","stock":41}"#)
    }

    @Test("says that it is a repeat")
    func duplicate() {
        let receipt = Receipt(movementID: "m", status: .duplicate, seq: 1042, lines: [line("TEE", seq: 1042)])
        #expect(text(ScanReply(id: "m", outcome: .applied(receipt))).hasPrefix(#"{"id":"m","status":"duplicate","seq":1042"#))
    }

    @Test("has no seq where nothing changed")
    func nothingChanged() {
        #expect(
            text(ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: nil)))) == #"{"id":"m","status":"applied"}"#)
    }

    @Test("lists the lines of an array")
    func list() {
        let receipt = Receipt(movementID: "m", seq: 8, lines: [line("A", seq: 7), line("B", seq: 8)])
        #expect(
            text(ScanReply(id: "m", results: [.applied(receipt)], grouping: .together))
                == #"{"id":"m","status":"applied","seq":8,"sku":"A","stock":41,"lines":["#
                + #"{"seq":7,"sku":"A","stock":41,"location":"WH1","locationStock":10},"#
                + #"{"seq":8,"sku":"B","stock":41,"location":"WH1","locationStock":10}]}"#)
    }

    @Test("of a batch says what became of each")
    func apart() {
        let applied = Outcome.applied(Receipt(movementID: "m-0", seq: 8, lines: [line("A", seq: 8)]))
        let repeated = Outcome.applied(Receipt(movementID: "m-1", status: .duplicate, seq: 5, lines: [line("B", seq: 5)]))
        let refused = Outcome.rejected(Rejection(.unknownVariant, "no"))
        #expect(
            text(ScanReply(id: "m", results: [applied, refused], grouping: .apart))
                == #"{"id":"m","status":"applied","seq":8,"results":[{"status":"applied","seq":8,"sku":"A","stock":41},"#
                + #"{"status":"rejected","code":"unknown_variant","message":"no"}]}"#)
        func status(_ results: Outcome...) -> String? {
            text(ScanReply(id: "m", results: results, grouping: .apart)).split(separator: "\"").dropFirst(7).first.map {
                String($0)
            }
        }
        #expect(
            status(repeated) == "duplicate" && status(refused, repeated) == "rejected" && status(repeated, applied) == "applied")
        let seen = ScanReply(id: "m", results: [], grouping: .apart, note: .init(code: "seen", message: "all of them"))
        #expect(text(seen) == #"{"id":"m","status":"duplicate","code":"seen","message":"all of them","results":[]}"#)
    }

    @Test("of a bounce is that of its scan, with the reason why it did not count")
    func bounced() {
        let receipt = Receipt(movementID: "m", seq: 8, lines: [line("A", seq: 8)])
        let reply = ScanReply(id: "n", results: [.applied(receipt)], note: .init(code: "bounced", message: "once"))
        #expect(
            text(reply) == #"{"id":"n","status":"duplicate","code":"bounced","message":"once","seq":8,"sku":"A","stock":41}"#)
    }

    @Test("warns of a serial number that was counted before")
    func serial() {
        var line = line("A", seq: 8)
        line = Receipt.Line(
            seq: 8, sku: "A", productID: line.productID, variantID: line.variantID, operation: .add, quantity: 1, location: "WH1",
            stock: 1, previousStock: 0, locationStock: 1, level: .ok, version: 1, repeatedSerial: 3)
        let reply = ScanReply(id: "m", outcome: .applied(Receipt(movementID: "m", seq: 8, lines: [line])))
        #expect(
            text(reply).hasSuffix(
                #""warnings":[{"code":"serial_repeated","message":"this serial number of A was counted in before, by event 3"}]}"#))
    }

    @Test("says why it was refused")
    func rejected() {
        let plain = ScanReply(id: "m", outcome: .rejected(Rejection(.insufficientStock, "WH1 has 2", available: 2)))
        #expect(text(plain) == #"{"id":"m","status":"rejected","code":"insufficient_stock","message":"WH1 has 2"}"#)
        let field = ScanReply(id: "m", outcome: .rejected(Rejection(.invalidRequest, "too much", field: "lines[0].quantity")))
        #expect(text(field).contains(#""message":"lines[0].quantity: too much""#))
    }
}
