import Foundation
import Mosquitto
import NIOHTTP1
import TallywireTesting
import Testing

@Suite("A disk whose flushes fail")
struct FlushFailureTests {
    private static let plugins = #"{"sinks":[{"plugin":"websocket"}]}"#

    private struct Variant: Decodable { let stock: Int64 }

    private func add(
        _ server: ServerProcess, _ quantity: Int, id: String
    ) async throws -> (status: HTTPResponseStatus, body: String) {
        let (status, body) = try await server.call(
            .POST, "/api/movements", #"{"id":"\#(id)","lines":[{"sku":"MUG","operation":"add","quantity":\#(quantity)}]}"#)
        return (HTTPResponseStatus(statusCode: Int(status)), String(decoding: body, as: UTF8.self))
    }

    @Test("a movement that was refused with “nothing was applied” is not there after a crash", .timeLimit(.minutes(2)))
    func refusedIsGone() async throws {
        let flush = try await FailingFlush()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(environment: flush.environment)
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        #expect(try await add(server, 100, id: "good").status == .ok)
        for round in 1...3 {
            try flush.fail(1)
            let (status, body) = try await add(server, 1000, id: "bad-\(round)")
            #expect(status == .serviceUnavailable && body.contains("nothing was applied"), "\(body)")
            await server.kill()
            try await server.start(environment: flush.environment)
            #expect(try await server.call(.GET, "/api/movements/bad-\(round)").0 == 404)
            let variant: Variant = try await server.get("/api/variants/1")
            #expect(variant.stock == 100)
        }
        #expect(try await add(server, 1, id: "bad-1").status == .ok, "and its id is free")
        #expect(await server.terminate() == 0)
        #expect(try await server.run("audit", "--data", "data").status == 0)
    }

    @Test("what cannot be known is said as such, and comes out after a restart", .timeLimit(.minutes(2)))
    func unknown() async throws {
        let flush = try await FailingFlush()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(environment: flush.environment)
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        try flush.fail(1_000)
        let (status, body) = try await add(server, 5, id: "maybe")
        #expect(status == .gatewayTimeout && body.contains(#""code":"unknown""#), "\(body)")
        #expect(body.contains("shows after a restart"), "\(body)")
        await server.kill()
        try flush.fail(0)
        try await server.start(environment: flush.environment)
        // Whatever came of it, asking again with the same id leaves it counted once.
        #expect(try await add(server, 5, id: "maybe").status == .ok)
        let variant: Variant = try await server.get("/api/variants/1")
        #expect(variant.stock == 5)
        #expect(await server.terminate() == 0)
    }

    @Test("scans of one device keep their order over a flush that fails: the last count stays", .timeLimit(.minutes(3)))
    func order() async throws {
        let broker = try TestBroker()
        let flush = try await FailingFlush()
        let server = try ServerProcess(
            plugins: #"""
                {"sources":[{"plugin":"mqtt-scanners","broker":"\#(broker.url)","devices":{"*":{"operation":"set","location":"MAIN"}}}],
                 "sinks":[{"plugin":"websocket"}]}
                """#)
        try await server.start(environment: flush.environment)
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        let options = MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "counter")
        let client = try MQTTClient(options, logger: quiet)
        try await client.connected(within: .seconds(20))
        for round in 1...20 {
            let scans = (1...150).map { number in
                MQTTMessage(
                    topic: "scanners/counter/scan",
                    payload: Array(#"{"id":"\#(round)-\#(number)","sku":"MUG","quantity":\#(round * 1000 + number)}"#.utf8))
            }
            // Somewhere in the middle of them.
            _ = try await client.publish(Array(scans.prefix(round * 5)))
            try flush.fail(1)
            _ = try await client.publish(Array(scans.dropFirst(round * 5)))
            try await eventually("all scans of round \(round) are decided", within: .seconds(30)) {
                try await server.call(.GET, "/api/movements/\(round)-150?device=counter").0 == 200
            }
            let variant: Variant = try await server.get("/api/variants/1")
            #expect(variant.stock == Int64(round * 1000 + 150), "round \(round)")
        }
        await client.stop()
        #expect(server.output.contains("A commit failed"))
        #expect(await server.terminate() == 0)
    }
}
