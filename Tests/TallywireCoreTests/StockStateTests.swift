import Foundation
import Testing

@testable import TallywireCore

@Suite("States of units")
struct StockStateTests {
    private func shop(_ units: Int64 = 10) -> Inventory {
        var shop = Inventory()
        shop.add(units, "MUG")
        return shop
    }

    private func move(_ units: Int64, from: StockState, to: StockState, at location: String = "MAIN") -> Movement.Line {
        Movement.Line(
            item: .sku("MUG"), location: location, operation: .move, quantity: units, fromState: from, toState: to)
    }

    private func ship(_ units: Int64) -> Movement.Line {
        Movement.Line(
            item: .sku("MUG"), location: "MAIN", operation: .transfer, quantity: units, destination: "STORE", toState: .incoming)
    }

    private func take(_ units: Int64, from: StockState = .available, allowsNegative: Bool = false) -> Movement.Line {
        Movement.Line(
            item: .sku("MUG"), location: "MAIN", operation: .subtract, quantity: units, fromState: from,
            allowsNegative: allowsNegative)
    }

    @Test("units that are damaged, in inspection or kept back are on hand and cannot be promised")
    func unavailable() throws {
        var shop = shop()
        let count = shop.events.count
        shop.move(move(2, from: .available, to: .damaged), move(1, from: .available, to: .inspection))
        shop.move(move(3, from: .available, to: .safety))
        let balance = try #require(shop.variant("MUG")?.balance(at: "MAIN"))
        #expect(balance.onHand == 10 && balance.unavailable == 6 && balance.available == 4)
        #expect(StockState.allCases.map { balance.units(in: $0) } == [4, 2, 1, 3, 0])
        #expect(shop.variant("MUG")?.stock == 4)
        let text = try #require(shop.events(since: count).first).text
        #expect(text.contains(#""operation":"move","quantity":2,"from":"available","to":"damaged""#))
        #expect(
            text.contains(
                #""locationStock":8,"locationOnHand":10,"locationReserved":0,"locationUnavailable":2,"locationDamaged":2,"version""#
            ))
        let refused = try #require(shop.move(take(5)).rejection)
        #expect(refused.code == .insufficientStock && refused.available == 4)
        shop.move(move(6, from: .available, to: .damaged))
        #expect(shop.variant("MUG")?.stock == 4, "6 of 4 are refused")
        shop.move(move(1, from: .inspection, to: .available), take(2, from: .damaged), take(3, from: .safety))
        #expect(shop.variant("MUG")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 5), "nothing is left behind")
        #expect(shop.move(take(1, from: .damaged)).rejection?.available == 0)
    }

    @Test("a shipment is on the way until it is received, in parts, broken or whole")
    func shipment() throws {
        var shop = shop()
        shop.move(ship(6))
        #expect(shop.variant("MUG")?.balance(at: "MAIN").onHand == 4)
        #expect(
            shop.variant("MUG")?.balance(at: "STORE") == Balance(location: "STORE", onHand: 0, details: BalanceDetails(incoming: 6))
        )
        #expect(shop.variant("MUG")?.stock == 4, "what is on the way cannot be promised")
        #expect(shop.events.last?.text.contains(#""to":"incoming""#) == true)
        #expect(shop.events.last?.text.contains(#""locationIncoming":6"#) == true)
        #expect(shop.run(.removeLocation("STORE")).rejection?.code == .inStock)
        shop.move(
            move(4, from: .incoming, to: .available, at: "STORE"), move(1, from: .incoming, to: .damaged, at: "STORE"))
        #expect(shop.variant("MUG")?.stock == 8)
        let tooMany = try #require(shop.move(move(2, from: .incoming, to: .available, at: "STORE")).rejection)
        #expect(tooMany.code == .insufficientStock && tooMany.available == 1 && tooMany.message.contains("1 incoming at STORE"))
        var lost = take(1, from: .incoming)
        lost.location = "STORE"
        shop.move(lost)
        let store = try #require(shop.variant("MUG")?.balance(at: "STORE"))
        #expect(store.incoming == 0 && store.onHand == 5 && store.available == 4)
    }

    @Test("an item cannot be removed while units of it are on the way")
    func removal() {
        var shop = shop()
        shop.move(ship(10))
        #expect(shop.run(.removeProduct(ProductID(2))).rejection?.code == .inStock)
        shop.move(move(10, from: .incoming, to: .available, at: "STORE"), .set(0, "MUG", at: "STORE"))
        #expect(shop.run(.removeProduct(ProductID(2))).receipt != nil)
    }

    @Test("that units are damaged is a fact also where they are reserved, and the youngest reservation goes short")
    func damagedWhileReserved() throws {
        var shop = shop()
        for units in [4, 5] as [Int64] {
            shop.run(
                .reserve(
                    NewReservation(
                        reference: nil, end: .after(.seconds(900)),
                        lines: [.init(item: .sku("MUG"), quantity: units, locations: nil)])))
        }
        #expect(shop.move(move(3, from: .available, to: .safety)).rejection?.available == 1, "keeping back is a wish")
        shop.move(move(3, from: .available, to: .damaged))
        #expect(shop.state.openReservations.sorted { $0.number < $1.number }.map { $0.holds[0].short } == [0, 2])
        let young = try #require(shop.state.openReservations.max { $0.number < $1.number })
        let refused = shop.run(.useReservation(ReservationUse(reservation: young.id, kind: .capture(keepsRest: false), lines: nil)))
        #expect(refused.receipt != nil, "7 are usable, and the other reservation's are not told apart")
        #expect(shop.variant("MUG")?.balance(at: "MAIN").onHand == 5)
    }

    @Test("a subtract that happened applies below 0 where that is allowed, and an alert says so once")
    func negative() throws {
        var shop = shop(3)
        #expect(shop.move(take(5)).rejection?.code == .insufficientStock)
        var count = shop.events.count
        shop.move(take(5, allowsNegative: true))
        let events = shop.events(since: count)
        #expect(events.map(\.type) == [.inventoryUpdated, .stockAlert])
        #expect(events[0].text.contains(#""locationStock":0,"locationOnHand":-2,"locationReserved":0,"discrepancy":-2"#))
        let alert = try #require(events[1].alert)
        #expect(alert.level == .out && alert.discrepancy == .init(location: "MAIN", units: -2) && alert.stock == 0)
        #expect(alert.message == "Count needed: Mug (MUG) has -2 on hand at MAIN: more has left than was known to be there")
        count = shop.events.count
        shop.move(take(1, allowsNegative: true))
        #expect(shop.events(since: count).map(\.type) == [.inventoryUpdated], "once")
        #expect(shop.variant("MUG")?.balance(at: "MAIN").onHand == -3 && shop.variant("MUG")?.stock == 0)
        shop.move(.set(20, "MUG"))
        #expect(shop.variant("MUG")?.stock == 20 && shop.variant("MUG")?.alert == nil)
        count = shop.events.count
        shop.move(.add(50, "MUG", at: "STORE"), take(21, allowsNegative: true))
        #expect(
            shop.events(since: count).map(\.type) == [.inventoryUpdated, .inventoryUpdated, .stockAlert], "and again after that")
        #expect(shop.events.last?.alert?.level == .ok, "there is enough elsewhere")
    }

    @Test("an item without any stock before has an alert below 0, which ends with the first stock")
    func negativeFirst() {
        var shop = Inventory()
        shop.move(take(1, allowsNegative: true))
        #expect(shop.variant("MUG")?.alert?.seq == shop.events.last?.seq)
        shop.move(.add(20, "MUG"))
        #expect(shop.events.last?.alert?.level == .ok && shop.variant("MUG")?.alert == nil)
    }

    static let mistakes: [(line: Movement.Line, field: String)] = {
        func line(
            _ operation: TallywireCore.Operation, from: StockState = .available, to: StockState = .available,
            destination: String? = nil, allowsNegative: Bool = false
        ) -> Movement.Line {
            Movement.Line(
                item: .sku("MUG"), location: "MAIN", operation: operation, quantity: 1, destination: destination, fromState: from,
                toState: to, allowsNegative: allowsNegative)
        }
        return [
            (line(.move, from: .damaged, to: .damaged), "to"), (line(.move, from: .available, to: .incoming), "to"),
            (line(.add, from: .damaged), "fromState"), (line(.subtract, to: .damaged), "toState"),
            (line(.set, to: .damaged), "toState"), (line(.transfer, from: .incoming, destination: "STORE"), "fromState"),
            (line(.add, allowsNegative: true), "negative"), (line(.subtract, from: .damaged, allowsNegative: true), "negative"),
            (line(.move, from: .available, to: .damaged, destination: "STORE"), "to"),
        ]
    }()

    @Test("a line whose states make no sense is refused with its member", arguments: mistakes)
    func senseless(line: Movement.Line, field: String) {
        var shop = shop()
        let rejection = shop.move(line).rejection
        #expect(rejection?.code == .invalidRequest && rejection?.field == "lines[0].\(field)")
        #expect(shop.variant("MUG")?.stock == 10)
    }

    @Test("a balance without units in a special state takes no more memory than before there were states, and a variant no more")
    func memory() {
        #expect(MemoryLayout<Balances.Row>.stride == 32)
        #expect(MemoryLayout<Variant>.stride <= 144)
    }

    @Test("lines of available units mean what they meant before there were states")
    func fingerprints() {
        let plain = Command.Action.move(Movement(lines: [take(1)]))
        let state = InventoryState()
        #expect(state.fingerprint(of: plain) == state.fingerprint(of: plain))
        for other in [take(1, from: .damaged), take(1, allowsNegative: true)] {
            #expect(state.fingerprint(of: .move(Movement(lines: [other]))).written != state.fingerprint(of: plain).written)
        }
    }
}
