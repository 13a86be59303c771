import Foundation
import Testing

@testable import TallywireCore

/// What went wrong elsewhere, each named after what happened.
@Suite("Reservations")
struct ReservationTests {
    /// A reservation of `units` of TEE-RED.
    private func hold(
        _ units: Int64..., at locations: [String]? = nil, ttl: Int64 = 900, isPartial: Bool = false
    ) -> Command.Action {
        .reserve(
            NewReservation(
                reference: "order", end: .after(.seconds(ttl)), isPartial: isPartial,
                lines: units.map { .init(item: .sku("TEE-RED"), quantity: $0, locations: locations) }))
    }

    private func use(_ id: String, _ kind: ReservationUse.Kind, _ units: Int64? = nil, at location: String? = nil) -> Command.Action
    {
        .useReservation(
            ReservationUse(
                reservation: id, kind: kind,
                lines: units.map { [.init(item: .sku("TEE-RED"), quantity: $0, location: location)] }))
    }

    private func inventory(main: Int64, store: Int64 = 0) -> Inventory {
        var shop = Inventory()
        if main > 0 { shop.add(main, "TEE-RED") }
        if store > 0 { shop.add(store, "TEE-RED", at: "STORE") }
        return shop
    }

    private func parts(_ reservation: Reservation?) -> [String: Int64] {
        Dictionary(uniqueKeysWithValues: (reservation?.holds ?? []).map { ($0.location, $0.quantity) })
    }

    @Test("two customers at once for the last unit: one of them holds it")
    func lastUnit() throws {
        var shop = inventory(main: 1)
        let first = try #require(shop.run(hold(1)).receipt)
        #expect(first.lines.map(\.stock) == [0] && first.reservation?.status == .held)
        let second = try #require(shop.run(hold(1)).rejection)
        #expect(second.code == .insufficientStock && second.available == 0 && second.field == "lines[0].quantity")
        #expect(shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 1, reserved: 1))
        #expect(shop.variant("TEE-RED")?.stock == 0, "what is held is promised to nobody else")
        #expect(shop.move(.subtract(1, "TEE-RED")).rejection?.code == .insufficientStock, "and nobody else can take it")
    }

    @Test("two lines of the same item in one reservation are checked on the sum: 2 + 2 of 3")
    func sameItemTwice() throws {
        var shop = inventory(main: 3)
        let refused = try #require(shop.run(hold(2, 2)).rejection)
        #expect(refused.code == .insufficientStock && refused.available == 1 && refused.field == "lines[1].quantity")
        #expect(shop.state.openReservations.isEmpty && shop.variant("TEE-RED")?.stock == 3)
        let held = try #require(shop.run(hold(2, 1)).receipt)
        #expect(held.reservation?.holds.map(\.quantity) == [3], "they are one hold")
    }

    @Test("4 wanted where 1 + 3 lie in two places are split")
    func split() throws {
        var shop = inventory(main: 1, store: 3)
        #expect(parts(try #require(shop.run(hold(4)).receipt).reservation) == ["MAIN": 1, "STORE": 3])
    }

    @Test(
        "13 of 10 + 15 come from the place that has most; named places are asked in their order; what does not sell is asked only by name"
    )
    func order() throws {
        var shop = inventory(main: 10, store: 15)
        #expect(parts(try #require(shop.run(hold(13)).receipt).reservation) == ["STORE": 13])
        #expect(parts(try #require(shop.run(hold(11, at: ["STORE", "MAIN"])).receipt).reservation) == ["STORE": 2, "MAIN": 9])
        shop.add(5, "TEE-RED", at: "YARD")
        #expect(shop.run(hold(2)).rejection?.available == 1)
        let yard = try #require(shop.run(hold(2, at: ["YARD"])).receipt)
        #expect(parts(yard.reservation) == ["YARD": 2] && yard.lines.map(\.stock) == [1], "the shop's stock is as it was")
    }

    @Test("capture after the units are gone from the shelf is refused, and says what is there")
    func gone() throws {
        var shop = inventory(main: 5)
        let id = try #require(shop.run(hold(4)).receipt).movementID
        shop.move(.set(1, "TEE-RED"))
        #expect(shop.state.reservation(id)?.holds.map(\.short) == [3])
        let refused = try #require(shop.run(use(id, .capture(keepsRest: false))).rejection)
        #expect(refused.code == .insufficientStock && refused.available == 1)
        let one = try #require(shop.run(use(id, .capture(keepsRest: false), 1)).receipt)
        #expect(one.reservation?.status == .captured && one.reservation?.holds.map(\.released) == [3])
        #expect(shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 0))
    }

    @Test("an order cancelled twice gives back once")
    func cancelledTwice() throws {
        var shop = inventory(main: 5)
        let id = try #require(shop.run(hold(2)).receipt).movementID
        #expect(try #require(shop.run(use(id, .release)).receipt).reservation?.status == .released)
        #expect(shop.variant("TEE-RED")?.stock == 5)
        let again = try #require(shop.run(use(id, .release)).rejection)
        #expect(again.code == .reservationClosed && again.available == 5)
        #expect(shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 5))
    }

    @Test("5 + 4 + 1 of 10 by two orders at once: all ten, and not one more")
    func tenOfTen() throws {
        var shop = inventory(main: 10)
        for units in [5, 4, 1] as [Int64] { #expect(shop.run(hold(units)).receipt != nil) }
        #expect(shop.run(hold(1)).rejection?.available == 0)
        for id in shop.state.openReservations.map(\.id) { #expect(shop.run(use(id, .capture(keepsRest: false))).receipt != nil) }
        #expect(shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 0))
    }

    @Test("a reservation that nobody ever ends ends by itself, and a release after that gives back nothing")
    func nobodyEnds() throws {
        var shop = inventory(main: 5)
        let id = try #require(shop.run(hold(2, ttl: 60)).receipt).movementID
        shop.now = shop.now.advanced(by: .seconds(60))
        let circumstances = Circumstances(reservationsEnd: shop.now)
        let late = shop.state.decide(
            Command(source: "test", action: use(id, .release)), id: "late", now: shop.now, circumstances)
        #expect(late.outcome.rejection?.code == .reservationExpired, "also before its end is an event")
        let first = shop.state.nextToExpire()
        let next = try #require(first)
        let end = shop.state.expire(next, id: "end", source: "tallywire", now: shop.now)
        #expect(end.events.compactMap(\.update?.stockChange?.operation) == [.expire])
        let following = shop.state.nextToExpire()
        #expect(shop.state.reservation(id)?.status == .expired && following == nil)
        #expect(shop.run(use(id, .release)).rejection?.code == .reservationExpired)
        #expect(shop.variant("TEE-RED")?.stock == 5)
    }

    @Test("a count below what is reserved: the youngest reservation goes short, and is told when it can be met again")
    func countBelow() throws {
        var shop = inventory(main: 10)
        let old = try #require(shop.run(hold(4)).receipt).movementID
        let young = try #require(shop.run(hold(3)).receipt).movementID
        func short(_ id: String) -> [Int64]? { shop.state.reservation(id)?.holds.map(\.short) }
        shop.move(.set(5, "TEE-RED"))
        #expect(short(old) == [0] && short(young) == [2] && shop.variant("TEE-RED")?.stock == 0)
        let before = shop.events.count
        shop.move(.set(2, "TEE-RED"))
        #expect(short(old) == [2] && short(young) == [3])
        let told = shop.events(since: before).compactMap {
            if case .reservationChanged(let change) = $0.body { change.id } else { nil }
        }
        #expect(Set(told) == [old, young])
        shop.add(20, "TEE-RED")
        #expect(short(old) == [0] && short(young) == [0] && shop.variant("TEE-RED")?.stock == 15)
    }

    @Test("a variant with something reserved cannot be removed, also when none of it is left on hand")
    func removal() throws {
        var shop = inventory(main: 2)
        let id = try #require(shop.run(hold(2)).receipt).movementID
        shop.move(.set(0, "TEE-RED"))
        let refused = try #require(shop.run(.removeVariant(VariantID(11))).rejection)
        #expect(refused.code == .inStock && refused.message.contains(id))
        shop.run(use(id, .release))
        #expect(shop.run(.removeVariant(VariantID(11))).receipt != nil)
    }

    @Test("a captured scan takes its quantity and leaves the rest held; the last one ends the reservation")
    func scans() throws {
        var shop = inventory(main: 5)
        let id = try #require(shop.run(hold(2)).receipt).movementID
        func scan(_ location: String? = nil) -> Outcome {
            shop.move(.init(item: .barcode("4006381333931"), location: location, operation: .capture, quantity: 1, reservation: id))
        }
        #expect(scan("STORE").rejection?.available == 0, "it is held elsewhere")
        let first = try #require(scan("MAIN").receipt)
        #expect(first.lines.map(\.stock) == [3] && first.lines.map(\.operation) == [.capture])
        #expect(shop.state.reservation(id)?.status == .held)
        #expect(scan().receipt != nil && shop.state.reservation(id)?.status == .captured)
        #expect(scan().rejection?.code == .reservationClosed)
        #expect(shop.variant("TEE-RED")?.balance(at: "MAIN") == Balance(location: "MAIN", onHand: 3))
    }

    @Test("a case of twelve is held as twelve; what there is is held where that is enough, but not nothing")
    func partial() throws {
        var shop = inventory(main: 5)
        let held = try #require(
            shop.run(
                .reserve(NewReservation(isPartial: true, lines: [.init(item: .barcode("14006381333938"), quantity: 1)]))
            ).receipt)
        #expect(held.reservation?.holds.map(\.quantity) == [5])
        #expect(shop.run(hold(1, isPartial: true)).rejection?.code == .insufficientStock)
    }

    @Test("a reservation is prolonged and shortened from now on, within its bounds")
    func prolonged() throws {
        var shop = inventory(main: 5)
        let id = try #require(shop.run(hold(1)).receipt).movementID
        shop.now = shop.now.advanced(by: .seconds(10))
        let longer = try #require(shop.run(.endReservation(id, .after(.seconds(1_800)))).receipt?.reservation)
        #expect(longer.expiresAt == shop.now.advanced(by: .seconds(1_800)))
        let tooLong = shop.run(.endReservation(id, .at(shop.now.advanced(by: .seconds(31 * 86_400)))))
        #expect(tooLong.rejection?.code == .invalidRequest && tooLong.rejection?.field == "expiresAt")
        #expect(shop.run(.endReservation(id, .after(.milliseconds(999)))).rejection?.field == "ttl")
        #expect(shop.run(.endReservation("nobody", .after(.seconds(5)))).rejection?.code == .unknownReservation)
    }

    @Test("an alert is raised by what is reserved and taken back by what is released")
    func alerts() throws {
        var shop = inventory(main: 12)
        let before = shop.events.count
        let id = try #require(shop.run(hold(12)).receipt).movementID
        #expect(shop.events(since: before).compactMap(\.alert?.level) == [.out])
        shop.run(use(id, .release))
        #expect(shop.events(since: before).compactMap(\.alert?.level) == [.out, .ok])
    }
}
