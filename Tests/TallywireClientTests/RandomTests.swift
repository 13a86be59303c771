import Foundation
import NIOHTTP1
import TallywireClient
import TallywireTesting
import TestSupport
import Testing

@Suite("The client under random cuts", .timeLimit(.minutes(3)))
struct RandomTests {
    private static let variants: UInt64 = 20

    @Test("every event comes once and in order, and items are as the server has them")
    func cuts() async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        var random = SplitMix(state: seed)
        let server = try StockServer()
        try await server.start()
        for id in 1...Self.variants {
            try await server.call(.POST, "/api/products", #"{"id":\#(id),"name":"Item \#(id)","sku":"SKU-\#(id)"}"#)
        }
        let proxy = try await FaultyProxy.start(to: server.port)
        try await Watch.run(
            proxy.port, rooms: ["everything", "product:1", "location:MAIN"],
            configuring: {
                $0.minDelay = .milliseconds(5)
                $0.maxDelay = .milliseconds(50)
            }
        ) { watch in
            let client = watch.client
            let begin = try #require(client.position(of: "everything"))
            for _ in 0..<400 {
                let id = 1 + random.next() % Self.variants
                switch random.next() % 1_000 {
                case 0..<700: try await server.stock(Int64(id), Int64(random.next() % 30))
                case 700..<800:
                    let status = random.next() % 2 == 0 ? "active" : "inactive"
                    try await server.call(.PATCH, "/api/products/\(id)/status", #"{"status":"\#(status)"}"#)
                case 800..<850:
                    try await server.call(.PATCH, "/api/variants/\(id)", #"{"sku":"SKU-\#(id)-\#(random.next() % 3)"}"#)
                case 850..<900:
                    try await server.call(.PATCH, "/api/variants/\(id)", #"{"price":\#(Double(random.next() % 1_000) / 100)}"#)
                case 900..<970: proxy.cut()
                case 970..<985:
                    // Nobody waits for it: cuts make that take long.
                    let joining = Task { try await client.join("product:\(id)") }
                    joining.cancel()
                    _ = await joining.result
                default: client.leave("product:\(id)")
                }
                if random.next() % 10 == 0 { try await Task.sleep(for: .milliseconds(random.next() % 30)) }
            }
            let events = try await server.events("inventory_updated,stock_alert,product_status_changed,catalogue_changed")
                .map(\.seq).filter { $0 > begin.seq }
            try await eventually("the last event came (SEED=\(seed))") {
                client.state.isLive && (client.position(of: "everything")?.seq ?? 0) >= events.last ?? 0
            }
            #expect(client.epoch == begin.epoch)
            try await eventually("the record has it (SEED=\(seed))") { watch.seqs.last == events.last }
            #expect(watch.seqs == events, "SEED=\(seed)")
            let stocks = try await server.stocks()
            for product in try await server.products() {
                let variant = try #require(product.variants.first)
                let item = try #require(client[product: ProductID(product.id)])
                #expect(item.sku == variant.sku && item.stock == stocks[variant.sku] ?? 0, "SEED=\(seed)")
                #expect(item.version == variant.version && item.level?.rawValue == variant.level, "SEED=\(seed) \(item)")
                #expect(item.status?.rawValue == product.status, "SEED=\(seed)")
                #expect(item.price.map { Double($0.hundredths) / 100 } == variant.price, "SEED=\(seed)")
            }
            #expect(watch.failures.isEmpty, "SEED=\(seed)")
        }
        try await proxy.close()
    }
}
