import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// Whoever joins after a change was answered sees it, whatever others have been shown just before.
@Suite("Values of now")
struct FreshnessTests {
    private static let rooms = ["ecommerce_room", "admin_room", "product:1", "location:MAIN"]

    /// What a client is shown that joins a room now.
    private func items(_ gateway: Gateway, _ query: String) async throws -> [String: JSONValue] {
        let client = try await gateway.server.connect("/ws?\(query)")
        let items = try await client.items("snapshot").items
        await client.disconnect()
        return Dictionary(uniqueKeysWithValues: items.map { ($0["sku"]?.string ?? "", $0) })
    }

    @Test(
        "a change that was answered before the join is in the room's values, while others keep an image of before",
        arguments: rooms,
        ["snapshot=true", "since=other:1", "since=epoch:999999"])
    func changes(room: String, asks: String) async throws {
        try await Gateway.run(variants: 30) { gateway in
            for sku in ["A", "B", "C", "D"] { try await gateway.set(sku, 7) }
            try await gateway.settle()
            let query = "room=\(room)&\(asks)"
            #expect(try await items(gateway, query).keys.contains("A"))
            // Each change is answered, and then somebody joins at once.
            try await gateway.run(.updateVariant(VariantID(11), VariantUpdate(name: "Another name")))
            #expect(try await items(gateway, query)["A"]?["name"]?.string == "Another name")
            try await gateway.run(.removeVariant(VariantID(12 + 10)))
            #expect(try await items(gateway, query)[Gateway.sku(11)] == nil)
            try await gateway.run(.addVariant(ProductID(1), NewVariant(id: VariantID(99), sku: "NEW", name: "New")))
            try await gateway.set("NEW", 3)
            #expect(try await items(gateway, query)["NEW"]?["stock"]?.unsigned == 3)
            try await gateway.run(.updateProduct(ProductID(1), ProductUpdate(status: .discontinued)))
            #expect(try await items(gateway, query)["D"]?["status"]?.string == "discontinued")
            try await gateway.run(.updateProduct(ProductID(1), ProductUpdate(price: Price("29.99"))))
            #expect(try await items(gateway, query)["D"]?["price"]?.number == 29.99)
            let last = try await items(gateway, query)
            #expect(last["A"]?["name"]?.string == "Another name" && last["NEW"] != nil)
        }
    }

    @Test("a product that was just made has its room, with its values", arguments: ["snapshot=true", "since=other:1"])
    func newProduct(asks: String) async throws {
        try await Gateway.run { gateway in
            _ = try await items(gateway, "room=ecommerce_room&\(asks)")
            try await gateway.run(
                .createProduct(
                    NewProduct(
                        id: ProductID(7), name: "Cap", content: .variants([NewVariant(id: VariantID(71), sku: "CAP", name: "Cap")]))
                ))
            #expect(try await Set(items(gateway, "room=product:7&\(asks)").keys) == ["CAP"])
            #expect(try await Set(items(gateway, "room=variant:71&\(asks)").keys) == ["CAP"])
            try await gateway.run(.removeProduct(ProductID(7)))
            #expect(try await items(gateway, "room=product:7&\(asks)").isEmpty)
            #expect(try await items(gateway, "room=ecommerce_room&\(asks)")["CAP"] == nil)
        }
    }

    @Test("who was away for too long hears what was removed, renamed and made meanwhile, also just before it came")
    func away() async throws {
        try await Gateway.run(variants: 5) {
            $0.hub.rooms[1].rules.replay = 1
        } _: { gateway in
            try await gateway.settle()
            let start = gateway.head
            for quantity in 1...3 { try await gateway.set("A", Int64(quantity)) }
            try await gateway.settle()
            let query = "room=ecommerce_room&since=epoch:\(start)"
            #expect(try await Set(items(gateway, query).keys) == ["A"])
            try await gateway.run(.removeVariant(VariantID(12)))
            #expect(try await items(gateway, query)["B"]?["removed"]?.bool == true)
            try await gateway.run(.updateVariant(VariantID(13), VariantUpdate(name: "Third")))
            let now = try await items(gateway, query)
            #expect(now["C"]?["name"]?.string == "Third" && now["B"]?["removed"]?.bool == true && now["A"] != nil)
        }
    }
}
