import Foundation
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireAccess
@testable import WebhookSink

@Suite("What a webhook is not led to")
struct WebhookSafetyTests {
    @Test(
        "private addresses are known, in every notation",
        arguments: [
            "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1", "255.255.255.255", "198.18.0.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fd00::1",
            "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1", "::127.0.0.1",
        ])
    func privateAddress(text: String) throws {
        #expect(PrivateAddresses.contains(try #require(IPAddress(text))))
    }

    @Test(
        "public addresses are not private",
        arguments: ["1.1.1.1", "172.32.0.1", "11.0.0.1", "2606:4700::1", "100.128.0.1", "192.0.1.1"])
    func publicAddress(text: String) throws {
        #expect(!PrivateAddresses.contains(try #require(IPAddress(text))))
    }

    @Test(
        "a private address is refused, however the URL spells it",
        arguments: ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
    func refused(host: String) async throws {
        let receiver = TestReceiver()
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://\(host):\(port)/x", allowPrivate: false))
            let cut = await interruption { try await sink.deliver(WebhookFixture.events(1)) }
            await sink.stop()
            #expect(cut?.reason.contains("allowPrivate") == true, "\(String(describing: cut))")
            #expect(receiver.posts.isEmpty)
        }
    }

    @Test("a name is looked up once: the connection goes to the address that was checked, with the name in Host and in TLS")
    func pinned() async throws {
        let receiver = TestReceiver()
        let certificate = try TestCertificate(name: "shop.test")
        let folder = try TemporaryFolder()
        let files = try certificate.write(into: URL(fileURLWithPath: folder.path))
        try await receiver.run(tls: certificate) { port in
            let lookups = Mutex(0)
            let lookup = AddressLookup { _ in
                // Whoever asked again would be led elsewhere.
                lookups.withLock { lookups in
                    lookups += 1
                    return [lookups == 1 ? "127.0.0.1" : "127.0.0.2"]
                }
            }
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("https://shop.test:\(port)/", tls: .init(authority: files.certificate)), lookup: lookup)
            _ = try await sink.deliver(WebhookFixture.events(3))
            _ = try await sink.deliver(WebhookFixture.events(3))
            await sink.stop()
            #expect(receiver.posts.count == 6 && lookups.withLock { $0 } == 1)
            #expect(receiver.posts.allSatisfy { $0.headers["host"] == "shop.test:\(port)" })
        }
    }

    @Test("a certificate of somebody else is refused", arguments: [true, false])
    func certificates(isTrusted: Bool) async throws {
        let receiver = TestReceiver()
        let certificate = try TestCertificate(name: "other.test", hasAddress: false)
        let folder = try TemporaryFolder()
        let files = try certificate.write(into: URL(fileURLWithPath: folder.path))
        try await receiver.run(tls: certificate) { port in
            // Once nobody vouches for the certificate, and once it is for another name.
            let tls = isTrusted ? TLSFiles(authority: files.certificate) : .init()
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("https://shop.test:\(port)/", tls: tls), lookup: AddressLookup { _ in ["127.0.0.1"] })
            let cut = await interruption { try await sink.deliver(WebhookFixture.events(1)) }
            await sink.stop()
            #expect(
                cut?.reason.contains("shop.test") == true && cut?.reason.contains("TLS with") == true, "\(String(describing: cut))")
            #expect(receiver.posts.isEmpty)
        }
    }

    @Test("secrets are in no error, no try and no metric")
    func secrets() async throws {
        let secret = "whsec_" + Data("MARKED-SECRET-MARKED-SECRET".utf8).base64EncodedString()
        let receiver = TestReceiver { _, number in .init(status: [500, 422, 410][min(number - 1, 2)]) }
        try await receiver.run { port in
            let log = DeliveryLog()
            let sink = try await WebhookFixture.started(
                WebhookFixture.options(
                    "http://127.0.0.1:\(port)/MARKED-PATH?token=MARKED-QUERY", secrets: [secret],
                    headers: ["Authorization": "Bearer MARKED-TOKEN"]), log: log)
            var texts: [String] = []
            for _ in 0..<4 {
                await #expect(throws: (any Error).self) {
                    do { _ = try await sink.deliver(WebhookFixture.events(1)) } catch {
                        texts.append("\(error)")
                        throw error
                    }
                }
            }
            texts += log.recent.map { "\($0)" } + sink.sinkMetrics.map { "\($0)" }
            await sink.stop()
            #expect(texts.count >= 8 && receiver.posts.count == 3)
            for text in texts { #expect(!text.contains("MARKED") && !text.contains(secret.dropFirst(6))) }
        }
    }

    @Test(
        "a wrong secret is refused without being shown",
        arguments: ["MARKED", "whsec_MARKED!", "whsec_TUFSS0VE", "whsk_TUFSS0VE", "whsec_" + String(repeating: "TUFS", count: 40)])
    func wrongSecrets(secret: String) throws {
        let mistake = try #require(WebhookKey.mistake(in: secret))
        #expect(!mistake.contains("MARKED") && !mistake.contains(secret) && !mistake.contains("TUFS"))
    }
}
