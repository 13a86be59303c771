import Foundation
import NIOSSL
import TallywireClient
import TallywireTesting
import TestSupport
import Testing

@Suite("The client and TLS", .timeLimit(.minutes(3)))
struct TLSTests {
    @Test("a server whose certificate is trusted is connected to by its name, another one is not, and that is told")
    func trust() async throws {
        let certificate = try TestCertificate()
        let server = try StockServer(settings: #""http": { "tls": { "certificate": "server.pem", "key": "server.key" } },"#)
        try certificate.write(into: URL(fileURLWithPath: server.folder.path))
        try await server.start()
        let root = try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8))
        let trusting: (inout TallywireClient.Configuration) -> Void = {
            $0.url = "wss://localhost:\(server.port)/ws"
            $0.tls.trustRoots = .certificates(root)
        }
        try await Watch.run(server.port, rooms: ["ecommerce_room"], configuring: trusting) { watch in
            #expect(!watch.failures.contains { $0.code == .untrusted }, "\(watch.failures)")
        }
        try await Watch.run(server.port, rooms: [], live: false, configuring: { $0.url = "wss://localhost:\(server.port)/ws" }) {
            watch in
            try await eventually("it is not trusted") { watch.client.state.lastFailure?.code == .untrusted }
            try await eventually("it is told") { watch.failures.contains { $0.code == .untrusted } }
        }
    }

    @Test("what is no WebSocket is told, and an address that is none ends it")
    func noWebSocket() async throws {
        let server = try StockServer()
        try await server.start()
        try await Watch.run(server.port, rooms: [], live: false, configuring: { $0.url = "ws://127.0.0.1:\(server.port)/nowhere" })
        { watch in
            try await eventually("it is told") { watch.client.state.lastFailure?.code == .refused }
        }
        let client = TallywireClient(.init(url: "mqtt://localhost"))
        await #expect(throws: TallywireClient.Failure.self) { try await client.run() }
    }
}
