import Foundation
import Testing

@testable import TallywireCore

@Suite("Thresholds of locations, and their alerts")
struct LocationAlertTests {
    /// `MUG` with a threshold at `STORE` and at `YARD`, which does not sell, and with so many units at `STORE`.
    private func inventory(_ low: Int64 = 3, rearm: Int64 = 0, store: Int64 = 0) -> Inventory {
        var shop = Inventory()
        if store > 0 { shop.add(store, "MUG", at: "STORE") }
        shop.run(thresholds(["STORE": AlertRule(threshold: low, rearm: rearm), "YARD": AlertRule(threshold: 1)]))
        return shop
    }

    private func thresholds(_ rules: [String: AlertRule?], _ id: VariantID = 21) -> Command.Action {
        .updateVariant(id, VariantUpdate(thresholds: [ThresholdChange](rules)))
    }

    /// The alerts since `count` events, as texts such as `STORE ok→low 3`, and `= …` for the total.
    private func alerts(_ shop: Inventory, since count: Int) -> [String] {
        shop.events(since: count).compactMap(\.alert).map { alert in
            let change = "\(alert.previousLevel)→\(alert.level)"
            if case .location(let code, let stock) = alert.scope { return "\(code) \(change) \(stock)" }
            return "= \(change) \(alert.stock)"
        }
    }

    /// What `body` raises in `shop`.
    private func raised(_ shop: inout Inventory, _ body: (inout Inventory) -> Void) -> [String] {
        let count = shop.events.count
        body(&shop)
        return alerts(shop, since: count)
    }

    @Test("each crossing sends one alert, in both directions, and the end only above the threshold and re-arm")
    func crossings() {
        var shop = inventory(3, rearm: 2, store: 50)
        let found = raised(&shop) { shop in
            for units: Int64 in [4, 3, 2, 2, 0, 0, 1, 3, 4, 5, 6, 5, 4, 3] { shop.move(.set(units, "MUG", at: "STORE")) }
        }
        #expect(
            found.filter { !$0.hasPrefix("=") } == [
                "STORE ok→low 3", "STORE low→out 0", "STORE out→low 1", "STORE low→ok 6", "STORE ok→low 3",
            ])
        #expect(shop.variant("MUG")?.threshold(at: "STORE")?.level == .low)
    }

    @Test("a location's alert says the location, its units and its threshold, beside the variant's stock")
    func alert() throws {
        var shop = inventory(store: 5)
        shop.add(100, "MUG")
        shop.move(.subtract(2, "MUG", at: "STORE"))
        let alert = try #require(shop.events.last?.alert)
        #expect(alert.scope == .location("STORE", stock: 3) && alert.stock == 103 && alert.threshold == 3)
        #expect(alert.message == "Low stock: Mug (MUG) has 3 left at STORE")
        #expect(
            shop.events.last?.text.contains(
                #""sku":"MUG","scope":"location","location":"STORE","locationStock":3,"stockLevel":"low","previousLevel":"ok","stock":103,"threshold":3,"#
            ) == true)
        #expect(alert.eventSubject.location == "STORE" && alert.eventSubject.level == .low)
        let update = try #require(shop.events.dropLast().last?.update)
        #expect(update.stockChange?.locationLevel == .low && update.level == .ok)
    }

    @Test("an alert of an earlier version, without a scope, is of the total")
    func earlierVersion() throws {
        let json = #"""
            {"type":"stock_alert","seq":1,"timestamp":"2026-11-22T16:40:00.123Z","data":{"productId":1,"variantId":11,"sku":"A","stockLevel":"low","previousLevel":"ok","stock":10,"threshold":10,"message":"","timestamp":"2026-11-22T16:40:00.123Z"}}
            """#
        let event = try JSONDecoder().decode(Event.self, from: Data(json.utf8))
        #expect(event.alert?.scope == .total)
    }

    @Test("where the variant never was it is out without an alert, and the first stock is announced only if it ends low")
    func firstStock() {
        var shop = Inventory()
        #expect(raised(&shop) { $0.run(thresholds(["STORE": AlertRule(threshold: 3), "YARD": AlertRule(threshold: 3)])) } == [])
        #expect(shop.variant("MUG")?.thresholds.map(\.level) == [.out, .out])
        #expect(raised(&shop) { $0.move(.set(0, "MUG", at: "STORE")) } == [], "a count of nothing")
        #expect(raised(&shop) { $0.move(.add(50, "MUG", at: "STORE")) } == [])
        #expect(raised(&shop) { $0.move(.add(2, "MUG", at: "YARD")) } == ["YARD out→low 2"], "also where nothing is sold")
        #expect(raised(&shop) { $0.move(.set(0, "MUG", at: "STORE")) }.last == "STORE ok→out 0")
    }

    @Test("a new and a changed threshold are judged at once")
    func changed() {
        var shop = Inventory()
        shop.add(20, "MUG", at: "STORE")
        func low(_ units: Int64) -> Command.Action { thresholds(["STORE": AlertRule(threshold: units)]) }
        #expect(raised(&shop) { $0.run(low(20)) } == ["STORE ok→low 20"])
        #expect(raised(&shop) { $0.run(low(20)) } == [] && shop.events.last?.alert != nil, "nothing to change")
        #expect(raised(&shop) { $0.run(low(30)) } == [])
        #expect(raised(&shop) { $0.run(low(19)) } == ["STORE low→ok 20"])
        #expect(
            shop.variant("MUG")?.threshold(at: "STORE")
                == LocationThreshold(location: "STORE", rule: AlertRule(threshold: 19), level: .ok))
        shop.move(.set(0, "MUG", at: "STORE"), .add(50, "MUG"))
        #expect(raised(&shop) { $0.run(thresholds(["MAIN": AlertRule(threshold: 50)])) } == ["MAIN ok→low 50"])
    }

    @Test("taking a threshold away ends its open alert, and says so; without an open one it says nothing")
    func takenAway() throws {
        var shop = inventory(store: 2)
        #expect(shop.variant("MUG")?.threshold(at: "STORE")?.alert != nil)
        #expect(raised(&shop) { $0.run(thresholds(["STORE": nil, "YARD": nil])) } == ["STORE low→ok 2"])
        #expect(shop.events.last?.alert?.message == "Alert ended: Mug (MUG) has no threshold at STORE any more")
        let change = try #require(shop.events.dropLast().last?.text)
        #expect(change.contains(#""values":{"thresholds":{"STORE":null,"YARD":null}}"#))
        #expect(shop.variant("MUG")?.thresholds == [])
        #expect(raised(&shop) { $0.move(.set(0, "MUG", at: "STORE")) } == ["= low→out 0"])
        #expect(raised(&shop) { $0.run(thresholds(["STORE": nil])) } == [])
    }

    @Test("of one command the total's alert comes first, then those of locations by code, variant by variant")
    func order() {
        var shop = inventory(3, store: 20)
        shop.add(20, "TEE-RED")
        shop.run(thresholds(["MAIN": AlertRule(threshold: 5)], 11))
        shop.add(5, "MUG", at: "YARD")
        let found = raised(&shop) { shop in
            shop.move(
                .set(0, "MUG", at: "YARD"), .subtract(18, "MUG", at: "STORE"), .transfer(16, "TEE-RED", to: "YARD"),
                .subtract(1, "MUG", at: "STORE"))
        }
        #expect(found == ["= ok→low 1", "STORE ok→low 1", "YARD ok→out 0", "= ok→low 4", "MAIN ok→low 4"])
    }

    @Test("alerts are decided at the end of a movement, and every line says the level there is then")
    func decidedAtTheEnd() {
        var shop = inventory(3, store: 20)
        let count = shop.events.count
        shop.move(.subtract(19, "MUG", at: "STORE"), .add(19, "MUG", at: "STORE"))
        #expect(alerts(shop, since: count) == [])
        #expect(shop.events(since: count).compactMap(\.update?.stockChange?.locationLevel) == [.ok, .ok])
        shop.move(.add(1, "MUG"))
        #expect(shop.events.last?.update?.stockChange?.locationLevel == nil, "where there is no threshold")
    }

    @Test("units that a reservation holds are not available, and the end of its time gives them back")
    func reservations() throws {
        var shop = inventory(3, rearm: 0, store: 10)
        let line = NewReservation.Line(item: .sku("MUG"), quantity: 7, locations: ["STORE"])
        let held = raised(&shop) { $0.run(.reserve(NewReservation(end: .after(.seconds(60)), lines: [line]))) }
        #expect(held == ["STORE ok→low 3"])
        shop.now = Timestamp(milliseconds: shop.now.milliseconds + 60_000)
        let first = shop.state.nextToExpire()
        let next = try #require(first)
        let ended = shop.state.expire(next, id: "end", source: "test", now: shop.now)
        #expect(ended.events.compactMap(\.alert).map(\.scope) == [.location("STORE", stock: 10)])
        #expect(shop.variant("MUG")?.threshold(at: "STORE")?.level == .ok)
    }

    @Test("whether a location sells changes nothing there")
    func sells() {
        var shop = inventory(3, store: 2)
        let found = raised(&shop) { $0.run(.updateLocation("STORE", LocationUpdate(sells: false))) }
        #expect(found == ["= low→out 0"])
        #expect(shop.events.compactMap(\.update).last?.stockChange?.locationLevel == .low)
        #expect(shop.variant("MUG")?.threshold(at: "STORE")?.level == .low)
    }

    @Test("a removed location takes its thresholds away, and a removed product has none to leave")
    func removed() {
        var shop = inventory(3, store: 2)
        shop.move(.set(0, "MUG", at: "STORE"))
        #expect(raised(&shop) { $0.run(.removeLocation("STORE")) } == ["STORE out→ok 0"])
        #expect(shop.variant("MUG")?.thresholds.map(\.location) == ["YARD"])
        #expect(shop.run(.removeProduct(2)).receipt != nil && shop.variant("MUG") == nil)
    }

    @Test("an alert of a location is acknowledged by its own seq")
    func acknowledged() throws {
        var shop = inventory(3, store: 2)
        let seq = try #require(shop.variant("MUG")?.threshold(at: "STORE")?.alert?.seq)
        shop.run(.acknowledge(AlertReply(variant: 21, alertSeq: seq, by: "anna")))
        #expect(shop.variant("MUG")?.threshold(at: "STORE")?.alert?.acknowledgement?.by == "anna")
        #expect(shop.variant("MUG")?.alert?.acknowledgement == nil, "the total's is another")
        #expect(shop.events.last?.text.contains(#""sku":"MUG","location":"STORE","stockLevel":"low","alertSeq":"#) == true)
        shop.move(.set(0, "MUG", at: "STORE"))
        #expect(shop.run(.acknowledge(AlertReply(variant: 21, alertSeq: seq, by: "ben"))).rejection?.code == .unknownAlert)
    }

    @Test("a new variant has its thresholds from the beginning, and its event has all of them")
    func created() {
        var shop = Inventory()
        let thresholds = [ThresholdChange]([
            "STORE": AlertRule(threshold: 3, rearm: 1), "MAIN": AlertRule(threshold: 0), "YARD": nil,
        ])
        shop.run(.addVariant(1, NewVariant(id: 13, sku: "TEE-GREEN", name: "Green", thresholds: thresholds)))
        let json = #""thresholds":{"MAIN":{"low":0,"rearm":0},"STORE":{"low":3,"rearm":1}}"#
        #expect(shop.events.last?.text.contains(json) == true)
        #expect(shop.variant("TEE-GREEN")?.thresholdRules.map(\.location) == ["MAIN", "STORE"])
        #expect(raised(&shop) { $0.move(.add(1, "TEE-GREEN")) } == ["= out→low 1"], "0 is never low")
    }

    @Test("names are brought to one form, and what is wrong is refused with its field")
    func refusals() {
        var shop = inventory()
        func refusal(_ location: String, _ rule: AlertRule?) -> Rejection? {
            let change = VariantUpdate(thresholds: [ThresholdChange(location: location, rule: rule)])
            return shop.run(Command(source: "test", action: .updateVariant(21, change)).inKeyForm().action).rejection
        }
        #expect(
            refusal(" STORE ", AlertRule(threshold: 9)) == nil && shop.variant("MUG")?.threshold(at: "STORE")?.rule.threshold == 9)
        let unknown = [refusal("NOWHERE", AlertRule(threshold: 1)), refusal("NOWHERE", nil)]
        #expect(unknown.allSatisfy { $0?.code == .unknownLocation && $0?.field == "thresholds.NOWHERE" })
        #expect(refusal("STORE", AlertRule(threshold: -1))?.field == "thresholds.STORE.low")
        #expect(refusal("STORE", AlertRule(threshold: Limits.largestQuantity + 1))?.field == "thresholds.STORE.low")
        #expect(refusal("STORE", AlertRule(threshold: 0, rearm: -1))?.field == "thresholds.STORE.rearm")
        #expect(refusal("STORE", AlertRule(threshold: 0, rearm: Limits.largestQuantity)) == nil)
        #expect(refusal(" ", nil)?.code == .invalidRequest)
        let twice = VariantUpdate(
            thresholds: ["STORE", " STORE"].map { ThresholdChange(location: $0, rule: AlertRule(threshold: 1)) })
        let command = Command(source: "test", action: .updateVariant(21, twice)).inKeyForm()
        #expect(command.validate()?.code == .invalidRequest && command.validate()?.field == "thresholds.STORE")
        let variant = NewVariant(sku: "X", name: "X", thresholds: [ThresholdChange(location: "NO", rule: AlertRule())])
        let product = NewProduct(name: "X", content: .variants([variant]))
        #expect(shop.run(.createProduct(product)).rejection?.field == "variants[0].thresholds.NO")
    }

    @Test("a variant has at most a thousand thresholds")
    func limit() {
        var shop = Inventory()
        let codes = (0...Limits.thresholdsPerVariant).map { "L\($0)" }
        for code in codes { shop.run(.createLocation(Location(code: code, name: code))) }
        func give(_ codes: some Sequence<String>) -> Rejection? {
            shop.run(thresholds(Dictionary(uniqueKeysWithValues: codes.map { ($0, AlertRule()) }))).rejection
        }
        #expect(give(codes)?.field == "thresholds")
        #expect(give(codes.dropLast()) == nil && shop.variant("MUG")?.thresholds.count == Limits.thresholdsPerVariant)
        #expect(give(codes.suffix(1))?.code == .outOfRange)
        #expect(shop.run(thresholds([codes[0]: nil, codes.last!: AlertRule()])).receipt != nil)
    }

    @Test("a variant without thresholds takes one word for them, and nothing on the heap")
    func memory() {
        #expect(MemoryLayout<[LocationThreshold]>.size == MemoryLayout<Int>.size)
        #expect(Inventory().variant("MUG")?.thresholds.capacity == 0)
    }
}
