import Foundation
import Testing

@testable import TallywireCore

/// Counts that people open, take together, and close.
@Suite("Counts from start to end")
struct CountSessionTests {
    /// A shop in which TEE-RED and TEE-BLUE have 50 units each and MUG has 10, since minute 0; it is minute 60.
    struct Shop {
        var inventory = Inventory()
        let start = Timestamp(milliseconds: 1_795_365_600_000)
        var oldestLate = Timestamp(milliseconds: .min)

        init() {
            inventory.now = start
            inventory.add(50, "TEE-RED")
            inventory.add(50, "TEE-BLUE")
            inventory.add(10, "MUG")
            inventory.now = at(60)
        }

        func at(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + minute * 60_000) }

        func onHand(_ sku: String, at location: String = "MAIN") -> Int64 {
            inventory.variant(sku)?.balance(at: location).onHand ?? -99
        }

        /// The id of the count.
        @discardableResult
        mutating func open(
            _ scope: StockCount.Scope = .everything, blind: Bool = false, tolerance: Int64 = 0, missing: StockCount.Missing = .keep
        ) -> String {
            let new = NewCount(
                location: "MAIN", scope: scope, isBlind: blind, tolerance: tolerance, missing: missing, by: "ann")
            return inventory.run(.openCount(new)).receipt?.count?.id ?? "none"
        }

        @discardableResult
        mutating func lines(
            _ id: String, _ lines: [(sku: String, units: Int64)], minute: Int64? = nil, recount: Bool = false, by: String = "ann"
        ) -> Outcome {
            let lines = lines.map { CountUse.Line(item: .sku($0.sku), quantity: $0.units, countedAt: minute.map(at)) }
            return use(id, .count(lines, replaces: recount), by: by)
        }

        @discardableResult
        mutating func use(_ id: String, _ kind: CountUse.Kind, by: String = "ann", ended: StockCount? = nil) -> Outcome {
            let use = CountUse(count: id, kind: kind, by: by)
            var circumstances = Circumstances(endedCount: ended, oldestLate: oldestLate)
            for line in use.isSettling ? inventory.state.count(id)?.lines ?? [] : [] {
                circumstances.changesOfCounted[line.variant] = changes(of: line.variant, since: line.countedAt)
            }
            return inventory.run(.useCount(use), circumstances)
        }

        @discardableResult
        mutating func scan(
            _ operation: TallywireCore.Operation, _ units: Int64, _ sku: String = "TEE-RED", minute: Int64? = nil,
            at location: String = "MAIN"
        ) -> Outcome {
            var line = Movement.Line(item: .sku(sku), location: location, operation: operation, quantity: units)
            line.allowsNegative = operation == .subtract
            var circumstances = Circumstances(oldestLate: oldestLate)
            if let minute, operation == .count, let id = inventory.variant(sku)?.id {
                circumstances.changesSinceCount[0] = changes(of: id, since: at(minute))
            }
            return inventory.run(.move(Movement(occurredAt: minute.map(at), lines: [line])), circumstances)
        }

        /// Looks up what moved as the engine does, in all events.
        private func changes(of id: VariantID, since time: Timestamp) -> Int64 {
            inventory.events.reduce(0) { total, event in
                guard let update = event.update, update.variantID == id, let change = update.stockChange, change.location == "MAIN"
                else { return total }
                let happenedAt = min(change.count?.at ?? update.occurredAt ?? event.timestamp, event.timestamp)
                return total + (happenedAt > time ? change.onHandChange! : 0)
            }
        }

        @discardableResult
        mutating func undo(_ receipt: Receipt?) -> Outcome {
            guard let receipt else { return .rejected(Rejection(.unknownMovement, "")) }
            let events = inventory.events.filter { event in receipt.lines.contains { $0.seq == event.seq } }
            let original = RecordedMovement(
                key: receipt.movementID, id: receipt.movementID, changes: events.compactMap(\.update),
                reports: events.filter { $0.type == .countChanged }, at: inventory.now)
            return inventory.run(
                .reverse(Reversal(.movement(id: receipt.movementID, device: nil))), Circumstances(original: original))
        }

        /// The `count_changed` that came last.
        var changed: CountChanged? {
            for event in inventory.events.reversed() { if case .countChanged(let change) = event.body { return change } }
            return nil
        }

        var text: String {
            inventory.events.last { $0.type == .countChanged }.map { String(decoding: $0.json, as: UTF8.self) } ?? ""
        }
    }

    @Test("a count is opened, counted by two people, and posted; each line is an event, and then one is the count's")
    func life() throws {
        var shop = Shop()
        let id = shop.open(.prefix("TEE-"))
        #expect(
            shop.text.contains(
                #""status":"open","prefix":"TEE-","blind":false,"tolerance":0,"missing":"keep","lines":[],"by":"ann""#))
        shop.lines(id, [("TEE-RED", 20)], by: "ann")
        let second = try #require(shop.lines(id, [("TEE-RED", 27), ("TEE-BLUE", 50)], by: "bob").receipt)
        #expect(second.count?.lines.map(\.counted) == [47, 50] && second.count?.status == .open)
        #expect(second.lines.map(\.report?.counted) == [47, 50] && shop.onHand("TEE-RED") == 50, "no stock moves")
        #expect(shop.text.contains(#""counted":47,"countedAt":"\#(shop.at(60))","quantity":27,"parts":2,"previousCountedAt""#))
        let closed = try #require(shop.use(id, .close(reason: nil)).receipt)
        #expect(closed.count?.status == .closed && closed.lines.isEmpty && shop.onHand("TEE-RED") == 50, "3 are missing")
        #expect(closed.count?.lines.map(\.variance) == [-3, 0])
        let before = shop.inventory.events.count
        let posted = try #require(shop.use(id, .post(reason: "year's end"), by: "eve").receipt)
        let events = shop.inventory.events(since: before)
        #expect(events.map(\.type) == [.inventoryUpdated, .inventoryUpdated, .countChanged])
        #expect(
            events[0].text.contains(#""counted":47,"expected":50,"countId":"\#(id)""#) && events[0].update?.reason == "year's end")
        #expect(events[2].text.contains(#""status":"posted""#) && events[2].text.contains(#""expected":50,"variance":-3"#))
        #expect(posted.seq == events[2].seq && posted.count?.by == "eve" && posted.lines.count == 2)
        #expect(shop.onHand("TEE-RED") == 47 && shop.inventory.state.runningCounts.isEmpty)
    }

    @Test("what moves while people count stays right: each line is compared with what was there at its time")
    func notFrozen() {
        var shop = Shop()
        let id = shop.open()
        shop.lines(id, [("TEE-RED", 48)], minute: 30)
        shop.scan(.subtract, 5, minute: 35)
        shop.scan(.add, 20)
        shop.scan(.subtract, 1, minute: 20)
        shop.use(id, .post(reason: nil))
        #expect(shop.changed?.lines.map(\.expected) == [49] && shop.onHand("TEE-RED") == 63)
        shop.scan(.subtract, 2, minute: 25)
        #expect(shop.onHand("TEE-RED") == 63, "it was in what was counted")
    }

    @Test("late scans, the line, a close and the posting end the same in every order")
    func permutations() {
        enum Step: CaseIterable { case early, between, line, late, close, post }
        var (orders, wrong) = (0, 0)
        func go(_ shop: Shop, _ id: String, _ left: [Step]) {
            guard !left.isEmpty else {
                orders += 1
                // 2 and 3 leave before 44 are counted, and 4 come after.
                if shop.onHand("TEE-RED") != 48 { wrong += 1 }
                return
            }
            for (index, step) in left.enumerated() {
                // Nothing is closed or posted that was not counted, and nothing is closed that was posted.
                if step == .post, left.contains(.line) || left.contains(.close) { continue }
                if step == .close, left.contains(.line) { continue }
                var (next, rest) = (shop, left)
                switch step {
                case .early: next.scan(.subtract, 2, minute: 10)
                case .between: next.scan(.subtract, 3, minute: 20)
                case .line: next.lines(id, [("TEE-RED", 44)], minute: 30)
                case .late: next.scan(.add, 4, minute: 40)
                case .close: next.use(id, .close(reason: nil))
                case .post: next.use(id, .post(reason: nil))
                }
                rest.remove(at: index)
                go(next, id, rest)
            }
        }
        var shop = Shop()
        let id = shop.open()
        go(shop, id, Step.allCases)
        #expect(orders == 120 && wrong == 0)
    }

    @Test("a line adds up, and recount replaces it, also while the count is closed")
    func recount() throws {
        var shop = Shop()
        let id = shop.open()
        shop.lines(id, [("MUG", 4), ("MUG", 3)])
        #expect(shop.changed?.lines.map(\.counted) == [7] && shop.changed?.lines.map(\.quantity) == [7])
        shop.lines(id, [("MUG", 1), ("MUG", 8)], recount: true)
        #expect(shop.changed?.lines.map(\.counted) == [9] && shop.text.contains(#""recount":true"#))
        shop.use(id, .close(reason: nil))
        #expect(shop.changed?.status == .closed)
        #expect(shop.lines(id, [("MUG", 1)]).rejection?.code == .countClosed)
        let again = try #require(shop.lines(id, [("MUG", 10)], recount: true).receipt)
        #expect(again.count?.status == .closed && again.count?.lines.map(\.counted) == [10])
        #expect(shop.use(id, .close(reason: nil)).receipt?.count?.status == .posted, "10 are there")
        #expect(shop.use(id, .post(reason: nil), ended: shop.inventory.state.count(id)).rejection?.code == .countClosed)
    }

    @Test(
        "a closed count within the tolerance is posted at once, and one unit more waits for an admin", arguments: [0, 3] as [Int64])
    func tolerance(tolerance: Int64) {
        for (units, status) in [(10 - tolerance, StockCount.Status.posted), (10 + tolerance + 1, .closed)] {
            var shop = Shop()
            let id = shop.open(tolerance: tolerance)
            shop.lines(id, [("MUG", units)])
            #expect(shop.use(id, .close(reason: nil)).receipt?.count?.status == status)
            #expect(shop.onHand("MUG") == (status == .posted ? units : 10))
        }
    }

    @Test("missing zero counts as 0 what is on hand in the scope and was not counted, once, when the count is closed")
    func missing() throws {
        var shop = Shop()
        let id = shop.open(.prefix("TEE-"), missing: .zero)
        shop.lines(id, [("TEE-RED", 50)])
        shop.use(id, .close(reason: nil))
        #expect(shop.changed?.lines.map(\.counted) == [50, 0] && shop.changed?.lines.map(\.variance) == [0, -50])
        shop.inventory.now = shop.at(70)
        shop.scan(.add, 5, "TEE-BLUE")
        shop.use(id, .post(reason: nil))
        #expect(shop.onHand("TEE-BLUE") == 5 && shop.onHand("MUG") == 10)
        // What comes after the count was closed was not missing when people counted.
        let all = shop.open(missing: .zero)
        shop.scan(.subtract, 10, "MUG")
        shop.lines(all, [("TEE-RED", 50)])
        shop.use(all, .close(reason: nil))
        shop.scan(.add, 10, "MUG")
        shop.use(all, .post(reason: nil))
        #expect(shop.onHand("TEE-BLUE") == 0 && shop.onHand("MUG") == 10)
        shop.scan(.set, 5, "TEE-BLUE")
        let other = shop.open(.skus(["MUG", "TEE-RED"]), tolerance: 50, missing: .zero)
        shop.scan(.subtract, 10, "MUG")
        #expect(shop.use(other, .close(reason: nil)).receipt?.count?.status == .posted)
        #expect(shop.changed?.lines.map(\.sku) == ["TEE-RED"], "nothing is missing of what is not there")
    }

    @Test("too many missing items are refused, and nothing changes")
    func tooManyMissing() {
        var shop = Shop()
        for product in 0..<2 {
            let variants = (0..<501).map { NewVariant(sku: "X-\(product)-\($0)", name: "X") }
            shop.inventory.run(.createProduct(NewProduct(name: "X", content: .variants(variants))))
            shop.inventory.run(.move(Movement(lines: variants.map { .add(1, $0.sku) })))
        }
        let id = shop.open(.prefix("X-"), missing: .zero)
        let seq = shop.inventory.state.seq
        let refused = shop.use(id, .close(reason: nil)).rejection
        #expect(refused?.code == .outOfRange && refused?.message.contains("1002 items are on hand at MAIN") == true)
        #expect(shop.inventory.state.seq == seq)
        let lines = (0..<501).map { ("X-0-\($0)", Int64(1)) } + (0..<499).map { ("X-1-\($0)", Int64(1)) }
        #expect(shop.lines(id, lines).receipt?.lines.count == 1_000)
        #expect(shop.lines(id, [("X-1-499", 1)]).rejection?.code == .outOfRange, "one more than a count has lines")
        #expect(shop.lines(id, [("X-1-498", 1)]).receipt != nil)
    }

    @Test("a scan that counts adds to the open count, late or not; outside of its scope or its location it is a count of its own")
    func scans() throws {
        var shop = Shop()
        let id = shop.open(.prefix("TEE-"))
        let scan = try #require(shop.scan(.count, 1).receipt)
        #expect(scan.lines.map(\.report) == [.init(count: id, counted: 1, isBlind: false)] && scan.lines[0].stock == 50)
        #expect(shop.changed?.by == "test" && shop.changed?.movementID == scan.movementID)
        #expect(shop.scan(.count, 48, minute: 30).receipt?.lines[0].report?.counted == 49)
        #expect(shop.changed?.lines[0].countedAt == shop.at(60), "the latest part says when")
        #expect(shop.scan(.count, 9, "MUG").receipt?.lines[0].report == nil && shop.onHand("MUG") == 9)
        #expect(shop.changed?.isAtOnce == true && shop.text.contains(#""status":"posted","atOnce":true"#))
        shop.scan(.count, 3, at: "STORE")
        #expect(shop.onHand("TEE-RED", at: "STORE") == 3 && shop.onHand("TEE-RED") == 50)
        let mixed = Movement(lines: [
            .subtract(2, "MUG"), Movement.Line(item: .sku("TEE-BLUE"), location: "MAIN", operation: .count, quantity: 5),
        ])
        let receipt = try #require(shop.inventory.run(.move(mixed)).receipt)
        #expect(receipt.lines.map(\.sku) == ["MUG", "TEE-BLUE"] && receipt.seq == receipt.lines[1].seq)
        #expect(shop.lines(id, [("MUG", 1)]).rejection?.code == .outOfScope)
        #expect(shop.lines(id, [("MUG", 1)]).rejection?.field == "lines[0]")
    }

    @Test("a blind count shows nobody what is there while it is open")
    func blind() throws {
        var shop = Shop()
        let id = shop.open(blind: true)
        let line = try #require(shop.scan(.count, 4).receipt?.lines.first)
        #expect(!line.showsStock && shop.inventory.state.count(id)?.showsExpected == false)
        var json = JSONWriter()
        shop.scan(.count, 4).receipt?.write(to: &json)
        let text = String(decoding: json.bytes, as: UTF8.self)
        #expect(text.contains(#""counted":8"#) && !text.contains("tock") && !text.contains("expected"))
        #expect(try JSONDecoder().decode(Receipt.self, from: Data(json.bytes)).lines[0].report?.isBlind == true)
        #expect(!shop.text.contains("expected"))
        shop.use(id, .close(reason: nil))
        #expect(shop.text.contains(#""expected":50"#))
    }

    @Test("the units of a scan that is taken back leave the line, with its last part the line, and never what was counted again")
    func undo() throws {
        var shop = Shop()
        let id = shop.open()
        let first = shop.scan(.count, 50, minute: 20).receipt
        let second = shop.scan(.count, 7).receipt
        let undone = try #require(shop.undo(second).receipt)
        #expect(undone.lines.map(\.report?.counted) == [50] && undone.lines.map(\.quantity) == [7])
        #expect(shop.changed?.lines[0].countedAt == shop.at(20) && shop.text.contains(#""quantity":-7"#))
        #expect(shop.changed?.reverses == second?.movementID)
        #expect(shop.undo(undone).rejection?.code == .notReversible, "count it again instead")
        shop.undo(first)
        #expect(shop.inventory.state.count(id)?.lines == [] && shop.text.contains(#""removed":true"#), "nobody has counted it")
        let third = shop.scan(.count, 1).receipt
        shop.lines(id, [("TEE-RED", 50)], recount: true)
        #expect(shop.undo(third).rejection?.code == .notReversible)
        let fourth = shop.scan(.count, 0, "MUG").receipt
        shop.use(id, .close(reason: nil))
        let late = shop.undo(fourth).rejection
        #expect(late?.code == .notReversible && late?.message.contains("which is closed") == true)
        shop.use(id, .post(reason: nil))
        #expect(shop.undo(fourth).rejection?.message.contains("which is posted") == true)
    }

    @Test("a posted count is taken back by its differences, each at its own time")
    func undoPosted() throws {
        var shop = Shop()
        let id = shop.open()
        shop.lines(id, [("TEE-RED", 47)], minute: 20)
        shop.lines(id, [("TEE-BLUE", 55)], minute: 50)
        let posted = shop.use(id, .post(reason: nil)).receipt
        #expect(shop.onHand("TEE-RED") == 47 && shop.onHand("TEE-BLUE") == 55)
        #expect(shop.undo(posted).receipt != nil)
        #expect(shop.onHand("TEE-RED") == 50 && shop.onHand("TEE-BLUE") == 50)
    }

    @Test("a line that was counted too long ago is refused with its item, at once, and when it is posted")
    func tooLate() throws {
        var shop = Shop()
        let id = shop.open()
        shop.lines(id, [("TEE-RED", 50)], minute: 10)
        shop.oldestLate = shop.at(30)
        let late = try #require(shop.lines(id, [("MUG", 1)], minute: 29).rejection)
        #expect(late.code == .tooLate && late.field == "lines[0].countedAt")
        #expect(shop.scan(.count, 1, minute: 29).rejection?.code == .tooLate)
        for kind in [.close(reason: nil), .post(reason: nil)] as [CountUse.Kind] {
            let refused = try #require(shop.use(id, kind).rejection)
            #expect(refused.code == .tooLate && refused.message.hasPrefix("TEE-RED: it was counted at"))
        }
        shop.lines(id, [("TEE-RED", 50)], recount: true)
        #expect(shop.use(id, .close(reason: nil)).receipt?.count?.status == .posted)
    }

    @Test("a line from before a count that was posted says nothing new")
    func absorbed() throws {
        var shop = Shop()
        let id = shop.open(.prefix("TEE-"))
        shop.lines(id, [("TEE-RED", 40)], minute: 20)
        // The other location's count does not matter, the same location's does.
        let other = shop.inventory.state
        shop.use(id, .close(reason: nil))
        shop.scan(.count, 48, minute: 30)
        #expect(shop.onHand("TEE-RED") == 48 && other.seq < shop.inventory.state.seq)
        #expect(shop.use(id, .close(reason: nil)).receipt?.count?.status == .posted)
        #expect(shop.onHand("TEE-RED") == 48 && shop.text.contains(#""absorbed":true"#))
    }

    @Test("one open count a location; a closed one hinders none; ids and scopes are checked")
    func opening() throws {
        var shop = Shop()
        let id = shop.open()
        let second = shop.inventory.run(.openCount(NewCount(location: "MAIN", by: "bob"))).rejection
        #expect(second?.code == .countOpen && second?.message.contains(id) == true && second?.field == "location")
        #expect(shop.inventory.run(.openCount(NewCount(location: "STORE", by: "bob"))).receipt != nil)
        shop.lines(id, [("MUG", 1)])
        shop.use(id, .close(reason: nil))
        let third = shop.open()
        #expect(third != "none" && shop.scan(.count, 2, "MUG").receipt?.lines[0].report?.count == third)
        let none = shop.inventory.run(.openCount(NewCount(location: "NONE", by: "bob"))).rejection
        #expect(none?.code == .unknownLocation)
        let skus = NewCount(location: "YARD", scope: .skus(["MUG", "NONE"]), by: "bob")
        #expect(shop.inventory.run(.openCount(skus)).rejection?.field == "skus[1]")
        #expect(shop.use("nobody", .void).rejection?.code == .unknownCount)
        let void = try #require(shop.use(third, .void).receipt)
        #expect(void.count?.status == .void && shop.onHand("MUG") == 10)
        #expect(shop.scan(.count, 8, "MUG").receipt?.lines[0].report == nil, "no count is open any more")
    }

    @Test("a journal has so many counts that have not ended, and no more")
    func most() {
        var inventory = Inventory()
        for number in 0...Limits.counts {
            inventory.run(.createLocation(Location(code: "L\(number)", name: "L")))
            let outcome = inventory.run(.openCount(NewCount(location: "L\(number)", by: "ann")))
            #expect((outcome.receipt != nil) == (number < Limits.counts))
        }
    }

    @Test("a removed item leaves the count, a renamed one stays; a location with a count stays until the count has ended")
    func catalogue() throws {
        var shop = Shop()
        shop.scan(.subtract, 10, "MUG")
        let id = shop.open(.skus(["MUG", "TEE-RED"]))
        shop.lines(id, [("MUG", 3), ("TEE-RED", 50)])
        #expect(shop.inventory.run(.removeLocation("MAIN")).rejection?.code == .countOpen)
        let before = shop.inventory.events.count
        #expect(shop.inventory.run(.removeProduct(ProductID(2))).receipt != nil)
        #expect(shop.inventory.events(since: before).map(\.type) == [.countChanged, .catalogueChanged, .catalogueChanged])
        #expect(shop.changed?.lines.map(\.isRemoved) == [true])
        shop.inventory.run(.updateVariant(VariantID(11), VariantUpdate(sku: "SHIRT")))
        shop.inventory.run(.updateVariant(VariantID(12), VariantUpdate(sku: "CAP")))
        #expect(shop.lines(id, [("SHIRT", 1)]).receipt?.count?.lines.map(\.counted) == [51])
        #expect(shop.lines(id, [("CAP", 1)]).rejection?.code == .outOfScope)
        #expect(shop.use(id, .post(reason: nil)).receipt?.count?.lines.map(\.sku) == ["SHIRT"])
        #expect(shop.onHand("SHIRT") == 51)
    }

    @Test("a movement at once whose id is that of an open count does not end that count")
    func sameID() {
        var shop = Shop()
        let id = shop.open()
        let line = Movement.Line(item: .sku("MUG"), location: "STORE", operation: .count, quantity: 2)
        let command = Command(id: id, device: "till-1", source: "test", action: .move(Movement(lines: [line])))
        #expect(shop.inventory.decide(command, Circumstances()).receipt != nil)
        #expect(shop.inventory.state.count(id)?.status == .open)
    }

    @Test("what happened goes as it is read again")
    func folds() throws {
        var shop = Shop()
        let id = shop.open(.skus(["MUG", "TEE-RED"]), blind: true, tolerance: 2, missing: .zero)
        shop.lines(id, [("MUG", 4)])
        shop.undo(shop.scan(.count, 3, "MUG").receipt)
        shop.lines(id, [("MUG", 5)], recount: true)
        shop.use(id, .close(reason: nil))
        let other = shop.open(.prefix("TEE-"))
        shop.lines(other, [("TEE-BLUE", 4)])
        func replica() throws -> InventoryState {
            var replica = InventoryState()
            for event in shop.inventory.events { try replica.fold(JSONDecoder().decode(Event.self, from: Data(event.json))) }
            return replica
        }
        #expect(try Set(replica().runningCounts.map(\.id)) == [id, other])
        #expect(
            try replica().count(id) == shop.inventory.state.count(id) && replica().count(other) == shop.inventory.state.count(other)
        )
        shop.use(id, .post(reason: nil))
        #expect(try replica().variants == shop.inventory.state.variants && replica().count(id) == shop.inventory.state.count(id))
    }
}
