import NIOHTTP1
import TallywireClient
import TallywireTesting
import Testing

@Suite("The client", .timeLimit(.minutes(3)))
struct ClientTests {
    @Test("values come first, then typed events, and items are folded from both")
    func values() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["ecommerce_room"]) { watch in
            let client = watch.client
            #expect(Set(client.items.map(\.sku)) == ["TEE-RED-M", "TEE-BLUE-M", "MUG"])
            #expect(client[product: 1, variant: 11]?.price?.description == "19.99")
            #expect(client[product: 2]?.sku == "MUG", "a default variant has no id")
            try await server.stock(11, 5)
            try await server.call(.PATCH, "/api/products/2/status", #"{"status":"inactive"}"#)
            try await eventually("both came") { watch.events.count == 2 }
            guard case .inventoryUpdated(let update) = watch.events[0].body,
                case .productStatusChanged(let change) = watch.events[1].body
            else { return #expect(Bool(false), "\(watch.events)") }
            #expect(update.product == 1 && update.variant == 11 && update.stock == 5 && update.operation == .set)
            #expect(change.product == 2 && change.status == .inactive && change.previousStatus == .active)
            #expect(client[product: 1, variant: 11]?.stock == 5 && client[product: 1, variant: 11]?.isInStock == true)
            #expect(client[product: 2]?.status == .inactive)
            #expect(client.state.asOf != nil && !client.state.isStale)
            #expect(client.position(of: "ecommerce_room")?.seq == watch.seqs.last)
        }
    }

    @Test("an alert of a location says which, and leaves the item's level as it is")
    func locationAlert() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["everything"]) { watch in
            try await server.call(.PATCH, "/api/variants/11", #"{"thresholds":{"MAIN":{"low":100}}}"#)
            try await server.stock(11, 50)
            try await eventually("the alert came") {
                watch.events.contains { if case .stockAlert = $0.body { true } else { false } }
            }
            guard case .stockAlert(let alert)? = watch.events.last?.body,
                case .inventoryUpdated(let update)? = watch.events.dropLast().last?.body
            else { return #expect(Bool(false), "\(watch.events)") }
            #expect(alert.scope == .location && alert.location == "MAIN" && alert.locationStock == 50 && alert.level == .low)
            #expect(update.locationLevel == .low && watch.client[product: 1, variant: 11]?.level == .ok)
        }
    }

    @Test("a reader of an item gets the newest value, each change, and that it is gone")
    func item() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["everything"]) { watch in
            var red = watch.client.item(product: 1, variant: 11).makeAsyncIterator()
            #expect(await red.next()??.stock == 0)
            try await server.stock(11, 7)
            #expect(await red.next()??.stock == 7)
            try await server.stock(11, 0)
            #expect(await red.next()??.stock == 0)
            try await server.call(.DELETE, "/api/variants/11")
            #expect(await red.next() == .some(nil))
            #expect(watch.client[product: 1, variant: 11] == nil)
        }
    }

    @Test("changes are merged while nobody reads them")
    func changes() async throws {
        let server = try await StockServer.filled()
        try await Watch.run(server.port, rooms: ["everything"]) { watch in
            var changes = watch.client.changes.makeAsyncIterator()
            for stock in 1...20 as ClosedRange<Int64> { try await server.stock(11, stock) }
            try await server.call(.POST, "/api/products", #"{"id":3,"name":"Cup","sku":"CUP"}"#)
            struct Product: Decodable {
                struct Variant: Decodable { let id: Int64 }
                let variants: [Variant]
            }
            let cup = try await server.get("/api/products/3", as: Product.self).variants[0].id
            try await server.stock(cup, 1)
            try await eventually("the last came") { watch.client[product: 3]?.stock == 1 }
            let all = await changes.next()
            #expect(all?.changed[.init(product: 1, variant: 11)]?.stock == 20)
            #expect(all?.changed.count == 2 && all?.removed.isEmpty == true)
        }
    }

    @Test("rooms are joined and left, and one that is not for the token's role is refused")
    func rooms() async throws {
        let admin = token("admin")
        let server = try await StockServer.filled(settings: StockServer.auth, token: admin)
        try await Watch.run(server.port, rooms: ["product:1"], token: { token("shop") }) { watch in
            let client = watch.client
            #expect(Set(client.items.map(\.product)) == [1])
            let joined = try await client.join("ecommerce_room")
            #expect(joined.room == "ecommerce_room" && joined.isRecovered == false)
            #expect(client[product: 2] != nil)
            client.leave("ecommerce_room")
            #expect(client[product: 2] == nil && client.rooms == ["product:1"])
            await #expect(throws: TallywireClient.Failure.self) { try await client.join("admin_room") }
            await #expect(throws: TallywireClient.Failure.self) { try await client.join("nowhere") }
            #expect(watch.failures.map(\.code) == [.forbidden, .unknownRoom])
            #expect(watch.failures.map(\.room) == ["admin_room", "nowhere"])
            #expect(client.rooms == ["product:1"] && client.state.isLive)
        }
    }

    @Test("what is tracked comes with its values, and default variants by their id")
    func tracking() async throws {
        let server = try await StockServer.filled()
        struct Product: Decodable {
            struct Variant: Decodable { let id: Int64 }
            let variants: [Variant]
        }
        let mug = try #require(try await server.get("/api/products/2", as: Product.self).variants.first).id
        try await Watch.run(server.port, rooms: []) { watch in
            let client = watch.client
            try await client.track(variants: [11, VariantID(mug)])
            #expect(Set(client.items.map(\.sku)) == ["TEE-RED-M", "MUG"])
            try await server.stock(mug, 3)
            try await server.stock(12, 3)
            try await server.stock(11, 4)
            try await eventually("both came") { client[product: 1, variant: 11]?.stock == 4 }
            #expect(client[product: 2]?.stock == 3)
            try await eventually("the reader has both") { watch.updated.count == 2 }
            #expect(watch.updated == ["MUG", "TEE-RED-M"], "nothing of the other variant")
            try await client.track(products: [1])
            #expect(client[product: 1, variant: 12]?.stock == 3)
            client.untrack(products: [1])
            #expect(Set(client.items.map(\.sku)) == ["TEE-RED-M", "MUG"])
            try await client.track(products: [3])
            client.untrack(variants: [11, VariantID(mug)])
            #expect(client.items.isEmpty)
        }
    }

    @Test("what is on hand and reserved comes with a snapshot and with each event")
    func totals() async throws {
        let server = try await StockServer.filled()
        try await server.stock(11, 4)
        func hold(_ id: String) async throws {
            try await server.call(
                .POST, "/api/reservations",
                #"{"id":"\#(id)","ttl":600,"lines":[{"sku":"TEE-RED-M","quantity":1}]}"#)
        }
        try await hold("R1")
        try await Watch.run(server.port, rooms: ["admin_room"]) { watch in
            func units() -> [Int64?] {
                let item = watch.client[product: 1, variant: 11]
                return [item?.onHand, item?.reserved, item?.stock]
            }
            #expect(units() == [4, 1, 3])
            try await hold("R2")
            try await eventually("the second hold came") { units() == [4, 2, 2] }
            try await eventually("its event is there") {
                guard case .inventoryUpdated(let update) = watch.events.first?.body else { return false }
                return update.onHand == 4 && update.reserved == 2
            }
        }
    }

    @Test("a room that shows less leaves members out, and tells bands")
    func bands() async throws {
        let shown = #""events": ["inventory_updated"], "fields": ["sku", "stock"], "stock": { "bands": [0, 5] }"#
        let sink = #""rooms": { "shop": { \#(shown) } }, "broadcast": { \#(shown) }"#
        let server = try await StockServer.filled(sink: sink)
        try await Watch.run(server.port, rooms: ["shop"]) { watch in
            #expect(watch.client[product: 1, variant: 11]?.band == .out)
            try await server.stock(11, 4)
            try await server.stock(11, 5)
            try await server.stock(11, 6)
            try await eventually("two bands came") { watch.events.count == 2 }
            let item = try #require(watch.client[product: 1, variant: 11])
            #expect(item.stock == nil && item.band == .inStock(moreThan: 5) && item.isInStock == true && item.price == nil)
            #expect(item.onHand == nil && item.reserved == nil)
            guard case .inventoryUpdated(let update) = watch.events[0].body else { return }
            #expect(update.band == .few(atMost: 5) && update.stock == nil && update.quantity == nil && update.sku == "TEE-RED-M")
        }
    }
}
