import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// The event stream of the real program, across its end.
@Suite("The event stream of a server that is restarted", .timeLimit(.minutes(2)))
struct EventStreamRestartTests {
    private func add(_ server: ServerProcess, _ count: Int) async throws {
        for _ in 0..<count {
            let (status, _) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"A","operation":"add","quantity":1}]}"#)
            #expect(status == 200)
        }
    }

    private func port(_ server: ServerProcess) throws -> Int {
        try #require(URL(string: server.url)?.port)
    }

    @Test("clients go on with Last-Event-ID where they were, whether it was stopped or killed", arguments: [true, false])
    func restart(isKilled: Bool) async throws {
        let server = try ServerProcess(plugins: #"{ "sinks": [{ "plugin": "websocket" }] }"#)
        try await server.start()
        #expect(try await server.call(.POST, "/api/products", #"{"name":"A","sku":"A"}"#).0 == 201)
        let (id, first) = try await EventStreamClient.open(port: port(server)) { stream in
            _ = try await stream.waitForPosition()
            try await add(server, 3)
            let first = try #require(try await stream.next())
            if !isKilled {
                // Whoever listens gets all of it, and the end.
                #expect(await server.terminate() == 0)
                var last = first
                while let event = try await stream.next() { last = event }
                #expect(last.type == "inventory_updated")
            }
            return (first.id, stream.lastEventID)
        }
        if isKilled { await server.kill() }
        try await server.start()
        try await add(server, 3)
        let events = try await server.allEvents()
        let epoch = String(id.prefix { $0 != ":" })
        try await EventStreamClient.open(port: port(server), lastEventID: id) { stream in
            let from = try #require(UInt64(id.dropFirst(epoch.count + 1)))
            for event in events where event.seq > from {
                let next = try await stream.next()
                #expect(next?.id == "\(epoch):\(event.seq)")
                #expect(next?.type == event.type)
            }
        }
        #expect(first.hasPrefix(epoch))
        #expect(await server.terminate() == 0)
    }
}
