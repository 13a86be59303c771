import TallywireCore
import TallywireEngine
import Testing

@testable import MQTTSink

@Suite("A shelf display")
struct DisplayTests {
    private let time = Timestamp(milliseconds: 1_795_365_600_000)

    @Test("shows the stock at its location, the total, and a price with two decimals")
    func shows() throws {
        let update = InventoryUpdated(
            productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "TEE", variantName: "Red / M",
            stock: 41,
            previousStock: 42, totalProductStock: 120,
            change: .stock(StockChange(operation: .subtract, quantity: 1, balance: Balance(location: "WH1", onHand: 10))),
            reason: nil, reference: nil,
            price: Price("19.9"), status: .active, level: .ok, version: 57, source: "s", movementID: "m", occurredAt: nil)
        let display = try #require(Display(update, seq: 1042, timestamp: time))
        #expect(
            String(decoding: DisplayFormat.contract.payload(display), as: UTF8.self)
                == #"{"sku":"TEE","name":"Red / M","stock":10,"total":41,"price":19.90,"status":"active","level":"ok","version":57,"#
                + #""seq":1042,"timestamp":"2026-11-22T16:40:00.000Z"}"#)
    }

    @Test("is the same whether it comes from the event or from what is stored")
    func same() throws {
        let variant = Variant(
            id: VariantID(11), productID: ProductID(1), isDefault: false, sku: "TEE", name: "Red / M", level: .low, version: 3,
            stock: 7,
            balances: [Balance(location: "WH1", onHand: 4), Balance(location: "WH2", onHand: 3)])
        let record = VariantRecord(variant: variant, productName: "Tee", price: nil, status: .inactive)
        let display = Display(record, variant.balances[1], seq: 9, timestamp: time)
        #expect(
            String(decoding: DisplayFormat.contract.payload(display), as: UTF8.self)
                == #"{"sku":"TEE","name":"Red / M","stock":3,"total":7,"price":null,"status":"inactive","level":"low","version":3,"#
                + #""seq":9,"timestamp":"2026-11-22T16:40:00.000Z"}"#)
    }
}
