import Foundation
import Testing

@testable import TallywireCore

/// Counts, and scans that come late: what counts is when it happened.
@Suite("Counts and late scans")
struct CountTests {
    /// A shop that looks up what moved since a count as the engine does, in all of its events.
    struct Shop {
        var inventory = Inventory()
        let start = Timestamp(milliseconds: 1_795_365_600_000)

        init(_ units: Int64, of sku: String = "MUG") {
            inventory.now = start
            inventory.add(units, sku)
            inventory.now = at(60)
        }

        func at(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + minute * 60_000) }

        var mug: Balance { inventory.variant("MUG")?.balance(at: "MAIN") ?? Balance(location: "MAIN", onHand: -99) }

        @discardableResult
        mutating func scan(
            _ operation: TallywireCore.Operation, _ units: Int64, minute: Int64?, at location: String = "MAIN", to: String? = nil,
            oldestLate: Timestamp = Timestamp(milliseconds: .min)
        ) -> Outcome {
            var line = Movement.Line(
                item: .sku("MUG"), location: location, operation: operation, quantity: units, destination: to)
            line.allowsNegative = operation == .subtract
            let happenedAt = minute.map(at)
            var circumstances = Circumstances(oldestLate: oldestLate)
            if let happenedAt, operation == .count { circumstances.changesSinceCount[0] = changes(since: happenedAt, at: location) }
            return inventory.run(.move(Movement(occurredAt: happenedAt, lines: [line])), circumstances)
        }

        private func changes(since time: Timestamp, at location: String) -> Int64 {
            inventory.events.reduce(0) { total, event in
                guard let update = event.update, let change = update.stockChange, change.location == location else { return total }
                let happenedAt = change.count?.at ?? update.occurredAt ?? event.timestamp
                return total + (happenedAt > time ? change.onHandChange! : 0)
            }
        }
    }

    @Test("100 on hand; 3 leave at 1:10; 2 leave before the count, offline; 95 are counted at 1:30; the late sale comes: it is 95")
    func pointOfSale() throws {
        var shop = Shop(100)
        shop.scan(.subtract, 3, minute: 10)
        #expect(shop.mug.onHand == 97)
        shop.scan(.count, 95, minute: 30)
        let counted = try #require(shop.inventory.events.last { $0.update != nil })
        let update = try #require(counted.update)
        #expect(shop.inventory.events.last?.type == .countChanged, "what became of the count is its own event")
        #expect(update.stockChange?.count == CountResult(id: update.movementID, counted: 95, expected: 97, at: shop.at(30)))
        #expect(
            shop.mug.onHand == 95 && counted.text.contains(#""counted":95,"expected":97,"countId""#))
        let late = try #require(shop.scan(.subtract, 2, minute: 20).receipt)
        #expect(late.status == .applied && late.lines.map(\.stock) == [95])
        let event = try #require(shop.inventory.events.last)
        #expect(event.text.contains(#""operation":"subtract","quantity":2,"absorbed":true"#))
        #expect(shop.mug.onHand == 95, "the units were not on the shelf any more when it was counted")
        shop.scan(.subtract, 4, minute: 40)
        #expect(shop.mug.onHand == 91, "what happened after the count counts")
    }

    @Test("what moves while somebody counts stays right: nothing is frozen")
    func notFrozen() {
        var shop = Shop(50)
        shop.scan(.subtract, 5, minute: 35)
        shop.scan(.add, 20, minute: nil)
        shop.scan(.count, 48, minute: 30)
        #expect(shop.mug.onHand == 63, "2 were missing at 0:30, and after that 5 left and 20 came")
    }

    @Test("the walk-through ends with 95 in every order")
    func everyOrder() {
        let scans: [(TallywireCore.Operation, Int64, Int64)] = [(.subtract, 3, 10), (.subtract, 2, 20), (.count, 95, 30)]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var shop = Shop(100)
            for index in order { shop.scan(scans[index].0, scans[index].1, minute: scans[index].2) }
            #expect(shop.mug.onHand == 95, "\(order)")
        }
    }

    @Test("all orders of eight late scans and two counts end the same")
    func permutations() {
        // Three scans before the first count, three between the counts and two after them. Scans of one kind are the same.
        let kinds: [(operation: TallywireCore.Operation, units: Int64, minute: Int64)] = [
            (.subtract, 2, 10), (.count, 40, 20), (.add, 7, 25), (.count, 61, 30), (.subtract, 3, 35),
        ]
        var (orders, wrong) = (0, 0)
        func go(_ shop: Shop, _ left: [Int]) {
            guard left.contains(where: { $0 > 0 }) else {
                orders += 1
                if shop.mug.onHand != 55 || shop.mug.countedAt != shop.at(30) { wrong += 1 }
                return
            }
            for kind in kinds.indices where left[kind] > 0 {
                var (next, rest) = (shop, left)
                next.scan(kinds[kind].operation, kinds[kind].units, minute: kinds[kind].minute)
                rest[kind] -= 1
                go(next, rest)
            }
        }
        go(Shop(50), [3, 1, 3, 1, 2])
        #expect(orders == 50_400 && wrong == 0)
    }

    @Test("each place of a transfer has its own counts")
    func transfer() {
        var shop = Shop(10)
        shop.scan(.count, 4, minute: 30)
        shop.scan(.transfer, 6, minute: 20, to: "STORE")
        #expect(shop.mug.onHand == 4, "they had left when it was counted")
        #expect(shop.inventory.variant("MUG")?.balance(at: "STORE").onHand == 6, "and arrived where nobody had counted")
    }

    @Test("an older count changes nothing, and one at the same place and later does")
    func olderCount() {
        var shop = Shop(10)
        shop.scan(.count, 8, minute: 30)
        shop.scan(.count, 3, minute: 20)
        let older = shop.inventory.events.last { $0.update != nil }
        #expect(shop.mug.onHand == 8 && older?.update?.stockChange?.isAbsorbed == true)
        shop.scan(.count, 0, minute: 40)
        #expect(shop.mug.onHand == 0 && shop.mug.countedAt == shop.at(40))
        shop.scan(.add, 5, minute: nil)
        #expect(shop.mug.onHand == 5, "what happens now is never in an older count")
    }

    @Test("what a reservation held when it was counted is still held, and a late capture takes it from the reservation alone")
    func capture() throws {
        var shop = Shop(10)
        shop.inventory.run(
            .reserve(
                NewReservation(
                    reference: nil, end: .after(.seconds(9_000)), lines: [.init(item: .sku("MUG"), quantity: 4, locations: nil)])))
        let id = try #require(shop.inventory.state.openReservations.first?.id)
        shop.scan(.count, 6, minute: 30)
        #expect(shop.mug.onHand == 6 && shop.mug.reserved == 4)
        let line = Movement.Line(item: .sku("MUG"), location: "MAIN", operation: .capture, quantity: 4, reservation: id)
        let late = Movement(occurredAt: shop.at(20), lines: [line])
        #expect(shop.inventory.run(.move(late)).receipt != nil)
        #expect(shop.mug.onHand == 6 && shop.mug.reserved == 0)
    }

    @Test("a scan that is too late for a place that was counted is refused, and so is a count that is too late; others are taken")
    func tooLate() throws {
        var shop = Shop(10)
        shop.scan(.subtract, 1, minute: 10, oldestLate: shop.at(20))
        #expect(shop.mug.onHand == 9, "nobody has counted there")
        shop.scan(.count, 9, minute: 30, oldestLate: shop.at(20))
        let late = try #require(shop.scan(.subtract, 1, minute: 19, oldestLate: shop.at(20)).rejection)
        #expect(late.code == .tooLate && late.field == "occurredAt" && late.message.contains("before MAIN was counted"))
        #expect(shop.scan(.count, 1, minute: 19, oldestLate: shop.at(20)).rejection?.code == .tooLate)
        #expect(shop.scan(.subtract, 1, minute: 20, oldestLate: shop.at(20)).receipt != nil)
        #expect(shop.mug.onHand == 9)
    }

    @Test(
        "what was taken back after a count was right in the count with or without it, and a count is taken back by its difference")
    func reversals() throws {
        var shop = Shop(100)
        shop.inventory.now = shop.at(10)
        let scan = try #require(shop.scan(.subtract, 3, minute: nil).receipt)
        func original(_ receipt: Receipt, _ minute: Int64) -> RecordedMovement {
            let changes = shop.inventory.events.compactMap(\.update).filter { $0.movementID == receipt.movementID }
            return RecordedMovement(key: receipt.movementID, id: receipt.movementID, changes: changes, at: shop.at(minute))
        }
        shop.inventory.now = shop.at(30)
        let count = try #require(shop.scan(.count, 95, minute: nil).receipt)
        let (first, second) = (original(scan, 10), original(count, 30))
        shop.inventory.now = shop.at(40)
        let reverse = { (id: String) in Command.Action.reverse(Reversal(.movement(id: id, device: nil))) }
        #expect(shop.inventory.run(reverse(first.id), Circumstances(original: first)).receipt != nil)
        #expect(shop.mug.onHand == 95 && shop.inventory.events.last?.update?.stockChange?.isAbsorbed == true)
        #expect(shop.inventory.run(reverse(second.id), Circumstances(original: second)).receipt != nil)
        #expect(shop.mug.onHand == 97, "2 were missing, by the count")
    }

    @Test("a count goes as it is read again, and keeps its time")
    func folds() throws {
        var shop = Shop(10)
        shop.scan(.count, 8, minute: 30)
        shop.scan(.subtract, 1, minute: 20)
        shop.scan(.subtract, 1, minute: nil)
        var replica = InventoryState()
        for event in shop.inventory.events { try replica.fold(reread(event)) }
        #expect(replica.variants == shop.inventory.state.variants)
    }

    private func reread(_ event: Event) throws -> Event { try JSONDecoder().decode(Event.self, from: Data(event.json)) }
}
