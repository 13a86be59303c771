import Foundation
import NIOHTTP1
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

/// The real program, with its real journal: whoever asks or joins after a change was answered sees that change, whatever the way.
@Suite("What is seen after a change was answered", .timeLimit(.minutes(3)))
struct FreshnessTests {
    /// What a shop's client is shown that joins now.
    private func snapshot(_ port: Int, _ query: String) async throws -> [String: JSONValue] {
        let client = try await WebSocketClient.connect(port: port, "/ws?\(query)")
        let message = try await client.nextJSON(type: "snapshot")
        await client.disconnect()
        return Dictionary(uniqueKeysWithValues: (message["items"]?.array ?? []).map { ($0["sku"]?.string ?? "", $0) })
    }

    @Test("over HTTP, in every room, and after the reset of an event stream, while others are connected and changes go on")
    func everyWay() async throws {
        let server = try ServerProcess(plugins: #"{ "sinks": [{ "plugin": "websocket" }] }"#)
        try await server.start()
        let port = try #require(URL(string: server.url)?.port)
        #expect(
            try await server.call(
                .POST, "/api/products", #"{"id":1,"name":"Tee","price":9,"variants":[{"id":11,"sku":"A"},{"id":12,"sku":"B"}]}"#
            ).0 == 201)
        // Keeps whatever is read for those who join.
        let other = try await WebSocketClient.connect(port: port, "/ws?room=ecommerce_room&snapshot=true")
        for round in 1...30 {
            #expect(try await server.call(.PATCH, "/api/variants/11", #"{"name":"Name \#(round)"}"#).0 == 200)
            #expect(
                try await server.call(.POST, "/api/products/1/variants", #"{"id":\#(100 + round),"sku":"N\#(round)"}"#).0 == 201)
            if round > 1 { #expect(try await server.call(.DELETE, "/api/variants/\(99 + round)", nil).0 / 100 == 2) }
            let query = ["room=ecommerce_room&snapshot=true", "room=product:1&snapshot=true", "room=ecommerce_room&since=other:1"][
                round % 3]
            let items = try await snapshot(port, query)
            #expect(items["A"]?["name"]?.string == "Name \(round)", "\(query)")
            #expect(Set(items.keys) == ["A", "B", "N\(round)"], "\(query)")
            let (_, variant) = try await server.call(.GET, "/api/variants/11", nil)
            #expect(String(decoding: variant, as: UTF8.self).contains(#""name":"Name \#(round)""#))
            // A client that has to begin anew reads over HTTP, and goes on after what the reset says.
            let changed = try #require(try await server.allEvents().last?.seq)
            try await EventStreamClient.open(port: port, lastEventID: "other:1") { stream in
                let reset = try #require(try await stream.next())
                let seq = reset.id.split(separator: ":").last.flatMap { UInt64($0) }
                #expect(reset.type == "reset" && seq == changed)
            }
        }
        await other.disconnect()
        #expect(await server.terminate() == 0)
    }
}
