import TallywireCore
import Testing

@testable import MQTTScanners

@Suite("The answer to a scan")
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
            text(ScanReply(id: "m", outcome: .applied(receipt), isList: true))
                == #"{"id":"m","status":"applied","seq":8,"sku":"A","stock":41,"lines":["#
                + #"{"seq":7,"sku":"A","stock":41,"location":"WH1","locationStock":10},"#
                + #"{"seq":8,"sku":"B","stock":41,"location":"WH1","locationStock":10}]}"#)
    }

    @Test("says why it was refused")
    func rejected() {
        let plain = ScanReply(id: "m", outcome: .rejected(Rejection(.insufficientStock, "WH1 has 2", available: 2)))
        #expect(text(plain) == #"{"id":"m","status":"rejected","code":"insufficient_stock","message":"WH1 has 2"}"#)
        let field = ScanReply(id: "m", outcome: .rejected(Rejection(.invalidRequest, "too much", field: "lines[0].quantity")))
        #expect(text(field).contains(#""message":"lines[0].quantity: too much""#))
    }
}
