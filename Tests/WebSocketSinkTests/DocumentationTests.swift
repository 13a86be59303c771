import Foundation
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// What the pages say of this sink is what it does.
@Suite("docs and options of websocket")
struct DocumentationTests {
    private static let page = URL(filePath: #filePath).appending(path: "../../../docs/CONFIGURATION.md").standardized

    /// The section of the page about this plugin.
    private func section() throws -> Substring {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        let start = try #require(page.range(of: "\n### websocket\n")?.upperBound)
        return page[start...].prefix(upTo: page[start...].range(of: "\n### ")?.lowerBound ?? page.endIndex)
    }

    @Test("the page has every option of the schema and no other, each with its default")
    func options() throws {
        var rows: [String: String] = [:]
        for line in try section().split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            for name in cells[0].split(separator: ", ") {
                rows[name.trimmingCharacters(in: ["`"])] = cells.count > 2 ? cells[1] : ""
            }
        }
        var options: [String: OptionSchema.Option] = [:]
        func add(_ schema: OptionSchema, _ path: String) {
            for option in schema.options {
                switch option.kind {
                case .map(.object(let inner), _, _):
                    options[path + option.key] = option
                    add(inner, path + option.key + ".*.")
                case .object(let inner): add(inner, path + option.key + ".")
                default: options[path + option.key] = option
                }
            }
        }
        add(SinkType.webSocket.options, "")
        #expect(Set(rows.keys) == Set(options.keys))
        for (name, option) in options {
            guard let row = rows[name] else { continue }
            if option.isRequired { #expect(row == "required", "\(name)") }
            if let value = option.defaultValue, name != "rooms" { #expect(row == "`\(json(value))`", "\(name)") }
        }
    }

    @Test("the rooms that are there without being named are those of the page, whether a file leaves them out or a program")
    func rooms() throws {
        let section = try section()
        let start = try #require(section.range(of: "are there:\n\n```json\n")?.upperBound)
        let block = try #require(section[start...].range(of: "\n```").map { section[start..<$0.lowerBound] })
        let documented = try JSONDecoder().decode([String: Documented].self, from: Data(block.utf8))
        let standard = RoomSettings.standardRooms.filter { $0 != RoomSettings.journalRoom }
        #expect(
            documented == Dictionary(uniqueKeysWithValues: standard.map { ($0.name, Documented(events: $0.events, role: $0.role)) })
        )
        let file = try #require(SinkType.webSocket.options["rooms"]?.defaultValue)
        #expect(try JSONDecoder().decode([String: Documented].self, from: Data(json(file).utf8)) == documented)
        #expect(documented["admin_room"]?.events.count == 12)
    }

    private struct Documented: Decodable, Equatable {
        let events: [EventType]
        let role: Role?
    }

    private func json(_ value: ConfigurationValue) -> String {
        switch value.content {
        case .string(let text): "\"\(text)\""
        case .integer(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .list(let values): "[" + values.map { json($0) }.joined(separator: ", ") + "]"
        case .object(let members): "{" + members.map { "\"\($0.key)\": \(json($0.value))" }.joined(separator: ", ") + "}"
        default: ""
        }
    }

    @Test("fields can name every member that an event or an item may have, and no other")
    func fields() throws {
        var members = Set<String>()
        var types = Set<EventType>()
        for body in Self.everyMember {
            let trace = TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            let event = Event(seq: 1, timestamp: Timestamp(milliseconds: 0), body: body, trace: trace)
            types.insert(event.type)
            members.formUnion(try keys(event.json, of: "data"))
        }
        #expect(types == Set(EventType.allCases))
        let variant = Variant(id: VariantID(1), productID: ProductID(1), isDefault: false, sku: "S", name: "N")
        var item = JSONWriter(capacity: 64)
        let value = VariantValue(
            record: VariantRecord(variant: variant, productName: "P", price: nil, status: .active),
            totals: StockTotals(onHand: 1, reserved: 1), changed: 1)
        Audience.everybody.write(value, to: &item)
        members.formUnion(try keys(item.bytes, of: nil))
        #expect(Set(EventFields.names) == members)
        #expect(EventFields.names.count == members.count, "each once")
        // An item's name is a member like others.
        var hidden = JSONWriter(capacity: 64)
        Audience(fields: ["name"], bands: nil).write(value, to: &hidden)
        #expect(try keys(hidden.bytes, of: nil) == ["productId", "variantId", "version", "name"])
    }

    private func keys(_ json: [UInt8], of member: String?) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] ?? [:]
        return Set((member.map { object[$0] as? [String: Any] ?? [:] } ?? object).keys)
    }

    /// Events that together have every member that there is.
    private static let everyMember: [Event.Body] = {
        let (product, variant) = (ProductID(1), VariantID(11))
        func update(_ change: InventoryUpdated.Change) -> Event.Body {
            .inventoryUpdated(
                InventoryUpdated(
                    productID: product, variantID: variant, isDefaultVariant: false, sku: "S", variantName: "N", stock: 1,
                    previousStock: 2,
                    totalProductStock: 3, totals: StockTotals(onHand: 3, reserved: 1), change: change, reason: "sale",
                    reference: "r", price: Price("1.00"), status: .active,
                    level: .ok,
                    version: 1, source: "http", movementID: "m", occurredAt: Timestamp(milliseconds: 0),
                    trace: Trace(batch: "b", serial: "s", expiry: .init("2026-11-29")), reverses: "m"))
        }
        return [
            update(
                .stock(
                    StockChange(
                        operation: .move, quantity: 1,
                        balance: Balance(
                            location: "MAIN", onHand: -1,
                            details: BalanceDetails(damaged: 1, inspection: 1, safety: 1, incoming: 1)),
                        reservation: "r", previousOnHand: 1, from: .incoming, to: .damaged, otherEnd: .to("WH1"),
                        count: CountResult(id: "c", counted: 1, expected: 1, at: Timestamp(milliseconds: 0)), isAbsorbed: true,
                        locationLevel: .low))),
            update(
                .stock(
                    StockChange(
                        operation: .transfer, quantity: 1, balance: Balance(location: "MAIN", onHand: 1), otherEnd: .from("WH1")))),
            update(.price(previous: nil, isOwn: true)),
            .stockAlert(
                StockAlert(
                    productID: product, variantID: variant, isDefaultVariant: false, sku: "S", level: .low, previousLevel: .ok,
                    stock: 1,
                    threshold: 2, message: "m", discrepancy: .init(location: "MAIN", units: -1))),
            .productStatusChanged(ProductStatusChanged(productID: product, status: .draft, previousStatus: .active)),
            .catalogueChanged(CatalogueChanged(change: .created, subject: .location("MAIN"), values: .init())),
            .catalogueChanged(
                CatalogueChanged(
                    change: .updated, subject: .variant(variant, isDefault: false, sku: "S", product: product), values: .init())),
            .deviceChanged(
                DeviceChanged(device: "d", source: "s", isOnline: true, lastSeen: Timestamp(milliseconds: 0), reason: "r")),
            .deviceChanged(DeviceChanged(device: "d", source: "s", isOnline: false, lastSeen: nil, reason: "r")),
            .displayChanged(
                DisplayChanged(sku: "S", location: "MAIN", sink: "mqtt", isStale: true, wantedVersion: 2, shownVersion: 1)),
            .displayChanged(
                DisplayChanged(sku: "S", location: "MAIN", sink: "mqtt", isStale: false, wantedVersion: 2, shownVersion: 2)),
            .serialRepeated(
                SerialRepeated(
                    productID: product, variantID: variant, isDefaultVariant: false, sku: "S", serial: "1", operation: .add,
                    previousSeq: 1, source: "s", movementID: "m")),
            .scanSetAside(ScanSetAside(device: "d", source: "s", topic: "t", file: "f")),
            .alertAcknowledged(
                AlertAcknowledged(
                    productID: product, variantID: variant, isDefaultVariant: false, sku: "S", level: .low, alertSeq: 1, by: "b",
                    note: "n")),
            update(
                .stock(
                    StockChange(
                        operation: .reserve, quantity: 1, balance: Balance(location: "MAIN", onHand: 1, reserved: 1),
                        reservation: "r"))),
            .reservationChanged(
                ReservationChanged(
                    id: "r", status: .held, reference: "o", expiresAt: Timestamp(milliseconds: 0),
                    holds: [
                        Reservation.Hold(
                            product: product, variant: variant, isDefaultVariant: false, sku: "S", location: "MAIN", quantity: 1)
                    ])),
            .countChanged(
                CountChanged(
                    id: "c", location: "MAIN", status: .open,
                    opening: CountChanged.Opening(scope: .skus(["S"]), isBlind: false, tolerance: 0, missing: .keep), lines: [],
                    by: "b", movementID: "c")),
            .countChanged(
                CountChanged(
                    id: "c", location: "MAIN", status: .open,
                    opening: CountChanged.Opening(scope: .prefix("S"), isBlind: false, tolerance: 0, missing: .keep),
                    isAtOnce: true,
                    lines: [], by: "b", movementID: "c", reverses: "m")),
        ]
    }()
}
