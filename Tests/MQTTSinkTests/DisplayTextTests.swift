import TallywireCore
import Testing

@testable import MQTTSink

@Suite("The text of a display")
struct DisplayTextTests {
    private func display(stock: Int64 = 0, price: Price? = nil) -> Display {
        Display(
            location: "WH1", sku: "TEE", name: "Größe {M}", stock: stock, total: 0, price: price, status: .active, level: .out,
            version: 57, seq: 9, timestamp: Timestamp(milliseconds: 1_795_365_600_000))
    }

    @Test(
        "is filled with the display's fields",
        arguments: [
            ("{name} {sku} {location}", "Größe {M} TEE WH1"), ("{status}/{level}/{version}/{seq}", "active/out/57/9"),
            ("{timestamp}", "2026-11-22T16:40:00.000Z"), ("{{{sku}}}", "{TEE}"), ("plain", "plain"),
        ])
    func filled(text: String, expected: String) throws {
        #expect(try DisplayText(text).filled(with: display()) == expected)
    }

    @Test(
        "says something else where there is no value",
        arguments: [
            ("{price|ask}", "ask", "19.90"), ("{price}", "", "19.90"), ("{stock|sold out}", "sold out", "3"), ("{stock}", "0", "3"),
            ("{stock|}", "", "3"), ("{stock|a|b}", "a|b", "3"),
        ])
    func otherwise(text: String, empty: String, full: String) throws {
        #expect(try DisplayText(text).filled(with: display()) == empty)
        #expect(try DisplayText(text).filled(with: display(stock: 3, price: Price("19.9"))) == full)
    }

    @Test(
        "is refused if it cannot be",
        arguments: [
            ("{prise}", "did you mean “price”?"), ("{xyzzyx}", "{sku} {name} {stock}"), ("{sku", "{ without a }"),
            ("sku}", "} without a {"), ("{}", "no {}"), ("{price:2}", "{price:2}"),
        ])
    func refused(text: String, problem: String) throws {
        let mistake = try #require(throws: (any Error).self) { try DisplayText(text) }
        #expect("\(mistake)".contains(problem), "\(mistake)")
    }
}
