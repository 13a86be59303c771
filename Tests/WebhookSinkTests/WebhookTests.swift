import Crypto
import Foundation
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import WebhookSink

@Suite("The webhook")
struct WebhookTests {
    @Test("does what every sink has to do", arguments: SinkConformance.checks)
    func conformance(check: SinkConformance) async throws {
        let receiver = TestReceiver()
        try await receiver.run { port in
            let options = WebhookFixture.options("http://127.0.0.1:\(port)/hook")
            try await check.run(
                SinkConformance.Subject(
                    make: { try WebhookSink(options) }, delivered: { receiver.posts.flatMap(\.seqs) }))
        }
    }

    @Test("an event is posted as it is in the journal, with the headers of Standard Webhooks and those of the entry")
    func request() async throws {
        let receiver = TestReceiver()
        try await receiver.run { port in
            let options = WebhookFixture.options(
                "http://127.0.0.1:\(port)/hook?x=1", secrets: [WebhookFixture.secret], headers: ["X-Shop": "7"])
            let sink = try await WebhookFixture.started(options)
            let events = WebhookFixture.events(2)
            _ = try await sink.deliver(events)
            await sink.stop()
            let posts = receiver.posts
            #expect(posts.map(\.body) == events.records.map(\.json) && posts.allSatisfy { $0.method == "POST" })
            let headers = posts[1].headers
            #expect(headers["webhook-id"] == "e:2" && headers["webhook-timestamp"] == "1795365600")
            #expect(headers["content-type"] == "application/json" && headers["x-shop"] == "7")
            #expect(headers["user-agent"] == "Tallywire/1.2.3")
            let signed = Data("e:2.1795365600.".utf8) + events.records[1].json
            let key = SymmetricKey(data: Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!)
            let code = Data(HMAC<SHA256>.authenticationCode(for: signed, using: key))
            #expect(headers["webhook-signature"] == "v1,\(code.base64EncodedString())")
        }
    }

    @Test("each secret of a list signs, also an Ed25519 key")
    func rotation() async throws {
        let key = Curve25519.Signing.PrivateKey()
        let whole = key.rawRepresentation + key.publicKey.rawRepresentation
        for form in [key.rawRepresentation, whole] {
            let receiver = TestReceiver()
            try await receiver.run { port in
                let secrets = [WebhookFixture.secret, "whsk_" + form.base64EncodedString()]
                let sink = try await WebhookFixture.started(
                    WebhookFixture.options("http://127.0.0.1:\(port)", secrets: secrets))
                _ = try await sink.deliver(WebhookFixture.events(1))
                await sink.stop()
                let signatures = try #require(receiver.posts[0].headers["webhook-signature"]).split(separator: " ")
                #expect(signatures.count == 2 && signatures[0].hasPrefix("v1,") && signatures[1].hasPrefix("v1a,"))
                let signature = try #require(Data(base64Encoded: String(signatures[1].dropFirst(4))))
                let content = Data("e:1.1795365600.".utf8) + receiver.posts[0].body
                #expect(key.publicKey.isValidSignature(signature, for: content))
            }
        }
    }

    @Test("a batch is an array of events, whose id is that of the last")
    func batches() async throws {
        let receiver = TestReceiver()
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", body: .batch, batch: 4))
            _ = try await sink.deliver(WebhookFixture.events(10))
            await sink.stop()
            #expect(receiver.posts.map(\.seqs) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])
            #expect(receiver.posts.map { $0.headers["webhook-id"] } == ["e:4", "e:8", "e:10"])
        }
    }

    @Test("a CloudEvent has the event's data, and several are a batch of CloudEvents", arguments: [1, 3])
    func cloudEvents(batch: Int) async throws {
        let receiver = TestReceiver()
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", body: .cloudevents, batch: batch))
            _ = try await sink.deliver(WebhookFixture.events(3))
            await sink.stop()
            #expect(receiver.posts.flatMap(\.seqs) == [1, 2, 3] && receiver.posts.count == 3 / batch)
            let post = receiver.posts[0]
            let kind =
                batch == 1 ? "application/cloudevents+json; charset=utf-8" : "application/cloudevents-batch+json; charset=utf-8"
            #expect(post.headers["content-type"] == kind)
            let value = try JSONValue(post.body)
            let event = try #require(batch == 1 ? value : value[0])
            #expect(event["specversion"] == "1.0" && event["id"] == "e:1" && event["source"] == "/tallywire/e")
            #expect(event["type"] == "inventory_updated" && event["subject"] == "A-1")
            #expect(event["data"]?["sku"] == "A-1" && event["data"]?["stock"] == 1 && event["time"] == event["data"]?["timestamp"])
        }
    }

    @Test("with concurrency requests are open side by side, and the events of each variant stay in order")
    func concurrency() async throws {
        let receiver = TestReceiver { _, number in
            if number == 1 { try? await Task.sleep(for: .milliseconds(50)) }
            return .init()
        }
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", concurrency: 8))
            _ = try await sink.deliver(WebhookFixture.events(200, variants: 10))
            await sink.stop()
            let seqs = receiver.posts.flatMap(\.seqs)
            #expect(Set(seqs) == Set(1...200) && seqs.count == 200 && seqs != Array(1...200))
            for variant in 0..<10 {
                let own = seqs.filter { ($0 - 1) % 10 == UInt64(variant) }
                #expect(own == own.sorted())
            }
            #expect((2...8).contains(receiver.mostOpen))
        }
    }

    @Test("a failure in between ends the round, and what was delivered beyond it is not sent again")
    func failureInBetween() async throws {
        let isBroken = Mutex(true)
        let receiver = TestReceiver { post, _ in
            .init(status: post.seqs == [4] && isBroken.withLock({ $0 }) ? 422 : 204)
        }
        try await receiver.run { port in
            let log = DeliveryLog()
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", concurrency: 2), log: log)
            let events = WebhookFixture.events(9, variants: 3)
            let cut = await interruption { try await sink.deliver(events) }
            // Variant 1 has 1, 4 and 7. The others went on.
            #expect(cut?.through == 3 && cut?.refusals.map(\.seq) == [4] && cut?.reason.contains("422") == true)
            isBroken.withLock { $0 = false }
            _ = try await sink.deliver(EventBatch(records: Array(events.records[3...])))
            await sink.stop()
            let seqs = receiver.posts.flatMap(\.seqs)
            #expect(seqs.sorted() == [1, 2, 3, 4, 4, 5, 6, 7, 8, 9])
            let tries = log.recent.filter { $0.seq == 4 }
            #expect(tries.map(\.attempt) == [2, 1] && tries.map(\.status) == [.http(204), .http(422)])
        }
    }

    @Test(
        "429 and 503 say how long to wait; 5xx and redirects are tried again; nothing follows a redirect",
        arguments: [429, 503, 500, 302])
    func tryingAgain(status: Int) async throws {
        let receiver = TestReceiver { _, number in
            .init(status: number == 2 ? status : 200, headers: ["Retry-After": "7", "Location": "http://127.0.0.1:1/elsewhere"])
        }
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(WebhookFixture.options("http://127.0.0.1:\(port)"))
            let cut = await interruption { try await sink.deliver(WebhookFixture.events(5)) }
            await sink.stop()
            #expect(cut?.through == 1 && cut?.refusals.isEmpty == true && receiver.posts.count == 2)
            #expect(cut?.after == ([429, 503].contains(status) ? .seconds(7) : nil))
            #expect(cut?.reason.contains(status == 302 ? "redirects are not followed" : "\(status)") == true)
        }
    }

    @Test("410 ends the sink, after what was delivered before it is counted")
    func gone() async throws {
        let receiver = TestReceiver { _, number in .init(status: number == 3 ? 410 : 200) }
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(WebhookFixture.options("http://127.0.0.1:\(port)"))
            let events = WebhookFixture.events(5)
            let cut = await interruption { try await sink.deliver(events) }
            #expect(cut?.through == 2)
            let reason = await #expect(throws: SinkError.self) {
                try await sink.deliver(EventBatch(records: Array(events.records[2...])))
            }
            await sink.stop()
            guard case .disabled(let text) = reason else { return #expect(Bool(false), "\(String(describing: reason))") }
            #expect(text.contains("410 Gone") && text.contains("http://127.0.0.1:\(port)") && receiver.posts.count == 3)
        }
    }

    @Test("a receiver that does not answer costs the time limit, and a body without end costs the connection")
    func slowness() async throws {
        let receiver = TestReceiver { _, number in .init(isEndless: number == 1, isSilent: number == 2) }
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", timeout: .seconds(2)))
            let cut = await interruption { try await sink.deliver(WebhookFixture.events(3)) }
            #expect(cut?.through == 1 && cut?.reason == "http://127.0.0.1:\(port) did not answer within 2s")
            _ = try await sink.deliver(EventBatch(records: Array(WebhookFixture.events(3).records[1...])))
            await sink.stop()
            #expect(receiver.posts.flatMap(\.seqs) == [1, 2, 2, 3])
        }
    }

    @Test("an event that a journal damaged becomes a dead letter once, and the others are sent")
    func damagedEvent() async throws {
        let receiver = TestReceiver { post, number in .init(status: number == 3 ? 500 : 200) }
        try await receiver.run { port in
            let sink = try await WebhookFixture.started(
                WebhookFixture.options("http://127.0.0.1:\(port)", body: .cloudevents))
            var records = WebhookFixture.events(5).records
            records[1] = EventEnvelope(
                seq: 2, timestamp: records[1].timestamp, type: .inventoryUpdated, subject: records[1].subject, json: Array("{".utf8)
            )
            let cut = await interruption { try await sink.deliver(EventBatch(records: records)) }
            #expect(cut?.through == 3 && cut?.delivery.rejected.map(\.seq) == [2])
            let delivery = try await sink.deliver(EventBatch(records: Array(records[3...])))
            await sink.stop()
            #expect(delivery.rejected.isEmpty && receiver.posts.flatMap(\.seqs) == [1, 3, 4, 4, 5])
        }
    }

    @Test("a receiver that is away is said to be, and found again")
    func away() async throws {
        let receiver = TestReceiver()
        let found = Mutex(0)
        try await receiver.run { port in
            found.withLock { $0 = port }
        }
        let port = found.withLock { $0 }
        let sink = try await WebhookFixture.started(WebhookFixture.options("http://127.0.0.1:\(port)"))
        let cut = await interruption { try await sink.deliver(WebhookFixture.events(1)) }
        await sink.stop()
        #expect(
            cut?.through == nil && cut?.reason.hasPrefix("http://127.0.0.1:\(port) cannot be reached: ") == true,
            "\(String(describing: cut))")
    }
}
