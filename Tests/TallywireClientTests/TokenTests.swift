import Synchronization
import TallywireClient
import TallywireTesting
import TestSupport
import Testing

@Suite("The client and tokens", .timeLimit(.minutes(3)))
struct TokenTests {
    /// Counts calls.
    final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() -> Int {
            count.withLock {
                $0 += 1; return $0
            }
        }
    }

    private func server() async throws -> StockServer {
        try await StockServer.filled(settings: StockServer.auth, token: token("admin"))
    }

    @Test("a token is renewed before it expires, on the same connection")
    func renewal() async throws {
        let server = try await server()
        let proxy = try await FaultyProxy.start(to: server.port)
        let calls = Counter()
        try await Watch.run(
            proxy.port, rooms: ["admin_room"],
            token: {
                _ = calls.add(); return token("admin", for: 4)
            }
        ) { watch in
            try await eventually("two were renewed") { calls.value > 2 }
            #expect(proxy.acceptedCount == 1)
            #expect(watch.failures.isEmpty)
            try await server.stock(11, 3)
            try await eventually("alerts still come") {
                watch.events.contains { if case .stockAlert = $0.body { true } else { false } }
            }
        }
        try await proxy.close()
    }

    @Test("after a token expired another one is fetched at once")
    func expiry() async throws {
        let server = try await server()
        let calls = Counter()
        // The first token lasts long enough to be used, also on a busy machine. The second call comes too late, so that the server's
        // patience ends first.
        let source: @Sendable () async throws -> String? = {
            if calls.add() == 2 { try await Task.sleep(for: .seconds(600)) }
            return token("admin", for: calls.value == 1 ? 5 : 3_600)
        }
        try await Watch.run(server.port, rooms: ["admin_room"], token: source) { watch in
            try await eventually("it was sent away") { calls.value > 2 }
            try await watch.waitUntilLive()
            try await server.stock(11, 3)
            try await eventually("it goes on") { watch.client[product: 1, variant: 11]?.stock == 3 }
        }
    }

    @Test("a token that is refused is told, and another one lets it in")
    func refused() async throws {
        let server = try await server()
        let box = TokenBox("nonsense")
        try await Watch.run(server.port, rooms: ["admin_room"], live: false, token: { box.value }) { watch in
            try await eventually("it is refused") { watch.client.state.lastFailure?.code == .unauthenticated }
            #expect(!watch.client.state.isLive)
            box.value = token("admin")
            watch.client.replaceToken()
            try await watch.waitUntilLive()
            box.value = token("shop")
            watch.client.replaceToken()
            try await eventually("the room is refused") {
                watch.failures.contains { $0.code == .forbidden && $0.room == "admin_room" }
            }
            box.value = token("admin")
            watch.client.replaceToken()
            try await eventually("the room is there again") { watch.client.items.count == 3 }
            try await server.stock(11, 1)
            try await eventually("events come") { watch.client[product: 1, variant: 11]?.stock == 1 }
        }
    }

    /// A token that changes.
    final class TokenBox: Sendable {
        private let token: Mutex<String>
        init(_ value: String) { token = Mutex(value) }
        var value: String {
            get { token.withLock { $0 } }
            set { token.withLock { $0 = newValue } }
        }
    }

    @Test("a source of tokens that throws is told, and asked again")
    func failing() async throws {
        struct Locked: Error {}
        let server = try await server()
        let calls = Counter()
        let source: @Sendable () async throws -> String? = {
            if calls.add() < 3 { throw Locked() }
            return token("shop")
        }
        try await Watch.run(server.port, rooms: ["ecommerce_room"], token: source) { watch in
            #expect(watch.failures.map(\.code) == [.tokenFailed, .tokenFailed])
        }
    }
}
