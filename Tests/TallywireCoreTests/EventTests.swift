import Foundation
import TallywireCore
import Testing

@Suite("Events")
struct EventTests {
    @Test("an inventory_updated reads as the contract says, byte for byte")
    func inventoryUpdated() throws {
        var inventory = Inventory()
        inventory.add(42, "TEE-RED")
        inventory.run(
            .move(
                Movement(
                    reason: "sale", reference: "SO-1", occurredAt: Timestamp(milliseconds: 1_795_365_599_000),
                    lines: [.subtract(1, "TEE-RED")])))
        #expect(
            inventory.events.last?.text
                == #"{"type":"inventory_updated","seq":10,"timestamp":"2026-11-22T16:40:00.123Z","data":{"productId":1,"variantId":11,"sku":"TEE-RED","variantName":"Red","stock":41,"previousStock":42,"totalProductStock":41,"onHand":41,"reserved":0,"operation":"subtract","quantity":1,"reason":"sale","reference":"SO-1","price":19.99,"status":"active","level":"ok","location":"MAIN","locationStock":41,"locationOnHand":41,"locationReserved":0,"version":2,"source":"test","movementId":"m-7","occurredAt":"2026-11-22T16:39:59.000Z","timestamp":"2026-11-22T16:40:00.123Z"}}"#
        )
    }

    @Test("every event reads back as it was written")
    func roundTrip() throws {
        let inventory = Self.busyInventory()
        for event in inventory.events {
            let decoder = JSONDecoder()
            if let variant = event.update?.variantID ?? event.alert?.variantID { decoder.userInfo[.defaultVariantID] = variant }
            #expect(try decoder.decode(Event.self, from: Data(event.json)) == event)
        }
    }

    @Test("each body's schema has the members that it writes, in their order, and each type belongs to one body")
    func schemas() throws {
        for body in Event.bodies { try check(body) }
        #expect(Event.schemas.flatMap(\.types).count == EventType.allCases.count)
        #expect(Set(Event.schemas.flatMap(\.types)) == Set(EventType.allCases))
        #expect(EventType.allCases.map(\.number).sorted() == Array(1...EventType.allCases.count))
        #expect(EventType.allCases.allSatisfy { EventType(number: $0.number) == $0 } && EventType(number: 0) == nil)
    }

    private func check<Body: EventBody>(_ body: Body.Type) throws {
        #expect(body.schema.types.contains(body.example.type))
        var json = JSONWriter()
        json.object { json in
            body.example.writeMembers(to: &json)
            json.member("timestamp", Timestamp(milliseconds: 0))
        }
        let written = try #require(JSONReader.value(of: json.bytes).object).map(\.name)
        let members = body.schema.members
        #expect(written == members.map(\.name).filter(written.contains), "\(body.schema.name)")
        for member in members where !member.isOptional {
            #expect(written.contains(member.name), "\(body.schema.name): \(member.name)")
        }
    }

    @Test("the declarations of the JavaScript client name the members of each type")
    func declarations() throws {
        let path = URL(filePath: #filePath).appending(path: "../../../clients/js/tallywire.d.ts").standardized
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        /// The members of an interface, with what stands behind the colon.
        func members(of interface: some StringProtocol) throws -> [String: String] {
            let head = "export interface \(interface) "
            let start = try #require(lines.firstIndex { $0.hasPrefix(head) }, "no \(interface)")
            var members: [String: String] = [:]
            for line in lines[(start + 1)...].prefix(while: { $0 != "}" }) where line.hasPrefix("  ") {
                let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter || $0 == "_" || $0 == "?" }) else { continue }
                members[String(parts[0].filter { $0 != "?" })] = parts[1].trimmingCharacters(in: [" ", ";"])
            }
            return members
        }
        let interfaces = try members(of: "EventData")
        for schema in Event.schemas {
            for type in schema.types {
                let interface = try #require(interfaces[type.rawValue], "EventData has no \(type.rawValue)")
                let bands: Set<String> = schema.members.contains { $0.name == "stock" } ? ["stockAtMost", "stockMoreThan"] : []
                #expect(try Set(members(of: interface).keys).subtracting(bands) == Set(schema.members.map(\.name)), "\(interface)")
            }
        }
    }

    @Test("docs/HTTP.md names each type of event, and the members of those in its table")
    func page() throws {
        let path = URL(filePath: #filePath).appending(path: "../../../docs/HTTP.md").standardized
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        func words(_ text: Substring) -> [String] {
            text.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
        var inTable: Set<EventType> = []
        for schema in Event.schemas {
            guard let row = lines.first(where: { $0.hasPrefix("| `\(schema.types[0].rawValue)`") }) else { continue }
            let cells = row.split(separator: "|")
            #expect(words("x" + cells[0]) == schema.types.map(\.rawValue))
            let members = schema.members.map(\.name).filter { !["trace", "timestamp"].contains($0) }
            let named = words(cells[1])
            #expect(named == members, "\(schema.name)")
            inTable.formUnion(schema.types)
        }
        #expect(inTable.count == 9)
        #expect(lines.contains { $0.contains("`data.trace`") }, "what every event can have is said once")
        let named = Set(lines.flatMap { words("x" + $0) })
        for type in EventType.allCases { #expect(named.contains(type.rawValue), "\(type)") }
    }

    @Test("folding all events from their JSON gives the state back")
    func folding() throws {
        let inventory = Self.busyInventory()
        var folded = InventoryState()
        for event in inventory.events {
            try folded.fold(try JSONDecoder().decode(Event.self, from: Data(event.json)))
        }
        #expect(folded.variants == inventory.state.variants)
        #expect(folded.products == inventory.state.products)
        #expect(folded.locations == inventory.state.locations)
        #expect(folded.seq == inventory.state.seq && folded.lastIDs == inventory.state.lastIDs)
    }

    @Test("the same commands give the same events, byte for byte")
    func determinism() {
        #expect(Self.busyInventory().events.map(\.text) == Self.busyInventory().events.map(\.text))
    }

    @Test("an event that does not follow is refused")
    func gap() throws {
        let inventory = Inventory()
        var state = InventoryState()
        #expect(throws: FoldError.self) { try state.fold(inventory.events[1]) }
        #expect(state.seq == 0)
    }

    @Test("undoing takes back everything since the last commit, and then the commit before it")
    func undo() {
        var inventory = Inventory()
        inventory.add(5, "TEE-RED")
        inventory.state.forgetChanges()
        let before = inventory.state
        inventory.add(2, "TEE-RED")
        inventory.run(.createProduct(NewProduct(name: "Hat", content: .single(NewVariant(sku: "HAT", name: "Hat")))))
        let committed = inventory.state.changes
        inventory.state.forgetChanges()
        inventory.add(5, "TEE-RED")
        inventory.add(5, "MUG", at: "STORE")
        inventory.run(.createLocation(Location(code: "NEW", name: "New")))
        inventory.run(.createProduct(NewProduct(name: "Cap", content: .single(NewVariant(sku: "CAP", name: "Cap")))))
        inventory.run(.updateVariant(VariantID(11), VariantUpdate(barcodes: [Barcode(code: "1")])))
        inventory.run(.removeVariant(VariantID(12)))
        inventory.run(.updateProduct(ProductID(2), ProductUpdate(name: "Cup", status: .draft)))
        inventory.state.undo(inventory.state.changes)
        #expect(inventory.state.variant(withSKU: "CAP") == nil && inventory.state.variant(withSKU: "HAT") != nil)
        inventory.state.undo(committed)
        #expect(inventory.state.seq == before.seq && inventory.state.variant(withSKU: "HAT") == nil)
        #expect(inventory.state.variants == before.variants && inventory.state.products == before.products)
        #expect(inventory.state.locations == before.locations && inventory.state.lastIDs == before.lastIDs)
        #expect(inventory.state.variant(withSKU: "CAP") == nil && inventory.state.variant(withSKU: "TEE-BLUE") == VariantID(12))
        #expect(inventory.state.variant(withBarcode: "1") == nil)
        #expect(inventory.state.variant(withBarcode: "4006381333931") == VariantID(11))
    }

    @Test(
        "times read and write as RFC 3339",
        arguments: [
            ("2026-11-22T16:40:00.123Z", "2026-11-22T16:40:00.123Z"), ("2026-11-22T17:40:00+01:00", "2026-11-22T16:40:00.000Z"),
            ("2024-02-29T00:00:00.5Z", "2024-02-29T00:00:00.500Z"), ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2000-03-01t00:00:00.123456789z", "2000-03-01T00:00:00.123Z"),
            ("1900-02-28T12:00:00-00:30", "1900-02-28T12:30:00.000Z"),
        ])
    func times(text: String, expected: String) {
        #expect(Timestamp(text)?.description == expected)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T16:40:00", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T16:40:00.Z", "2026-11-22T16:40:00+1:00", "yesterday at about noon or so",
        ])
    func noTimes(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("text is escaped as JSON asks, whatever it holds")
    func escaping() throws {
        let hostile = "\u{0}\u{8}\t\n\u{c}\r\u{1f}\"\\/</script>é🧨"
        var json = JSONWriter()
        json.string(hostile)
        #expect(try JSONDecoder().decode(String.self, from: Data(json.bytes)) == hostile)
    }

    private static func busyInventory() -> Inventory {
        var inventory = Inventory()
        inventory.add(20, "TEE-RED")
        inventory.move(.subtract(12, "TEE-RED"), .add(3, "MUG"), .set(7, "TEE-BLUE", at: "YARD"))
        inventory.move(.transfer(5, "TEE-RED", to: "STORE"))
        inventory.run(.updateProduct(ProductID(1), ProductUpdate(name: "T-shirt", status: .inactive, price: Price("24.50"))))
        inventory.run(.updateProduct(ProductID(2), ProductUpdate(name: "Cup", price: .some(nil))))
        inventory.run(
            .updateVariant(VariantID(11), VariantUpdate(name: "Crimson", price: Price("1"), barcodes: [], threshold: 2, rearm: 1)))
        inventory.run(
            .addVariant(ProductID(1), NewVariant(sku: "TEE-GREEN", name: "Green", barcodes: [Barcode(code: "4006381333931")])))
        inventory.run(.removeVariant(VariantID(22)))
        inventory.move(.set(0, "MUG"))
        inventory.run(.removeProduct(ProductID(2)))
        return inventory
    }
}
