import Foundation
import NATS
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywireHTTP
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import NATSSink

@Suite("The sink nats", .timeLimit(.minutes(2)))
struct NATSTests {
    private let server: NATSServer

    init() throws { server = try NATSServer() }

    @Test("does what every sink has to do", arguments: SinkConformance.checks)
    func conformance(check: SinkConformance) async throws {
        try await server.makeStream()
        let options = NATSFixture.options(server.url)
        try await check.run(
            SinkConformance.Subject(make: { try NATSSink(options) }, delivered: { [server] in try await server.seqs() }))
    }

    @Test("an event is a message with its subject, its id and its bytes")
    func message() async throws {
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url))
        let batch = NATSFixture.events(1...3)
        _ = try await sink.deliver(batch)
        await sink.stop()
        let stored = try await server.messages()
        #expect(stored.map(\.subject) == (1...3).map { "tallywire.inventory_updated.A-\($0)" })
        #expect(stored.map(\.payload) == batch.records.map(\.json))
        #expect(
            stored[0].headers == [
                "Nats-Msg-Id": "e:1", "Nats-Expected-Stream": "STOCK", "Nats-Expected-Last-Sequence": "0", "Tallywire-Sink": "out",
                "Content-Type": "application/json",
            ])
        #expect(stored[1].headers["Nats-Expected-Last-Msg-Id"] == "e:1" && stored[1].headers["Nats-Expected-Last-Sequence"] == "1")
        #expect(server.counter("nats_published_total", of: sink) == 3 && server.counter("nats_connections_total", of: sink) == 1)
    }

    @Test("what is sent is as asyncapi.json says, in each form", arguments: EventMessage.Payload.allCases)
    func description(payload: EventMessage.Payload) async throws {
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url, payload: payload))
        let batch = NATSFixture.events(1...2)
        _ = try await sink.deliver(batch)
        await sink.stop()
        let document = try JSONValue(AsyncAPI.document(version: "0", [.nats]))
        let validator = SchemaValidator(document: document)
        let name: [EventMessage.Payload: String] = [
            .event: "inventoryUpdatedInNATS", .cloudevents: "cloudEventInNATS", .cloudeventsBinary: "cloudEventDataInNATS",
        ]
        let message = try #require(validator.resolve("#/components/messages/\(name[payload] ?? "")"))
        for (stored, record) in zip(try await server.messages(), batch.records) {
            let body = try JSONReader.value(of: stored.payload)
            #expect(validator.mistakes(in: body, schema: try #require(message["payload"])) == [])
            let headers = JSONValue.members(stored.headers.map { ($0.key, .string($0.value)) })
            #expect(validator.mistakes(in: headers, schema: try #require(message["headers"])) == [])
            let data = try JSONReader.value(of: Array(record.data ?? []))
            switch payload {
            case .event: #expect(stored.payload == record.json)
            case .cloudevents: #expect(body["data"] == data && body["id"] == .string("e:\(record.seq)"))
            case .cloudeventsBinary:
                #expect(body == data && stored.headers["ce-id"] == "e:\(record.seq)")
                #expect(stored.headers["ce-subject"] == record.subject.sku)
            }
        }
    }

    @Test("a value of a CloudEvent that a header cannot have is written as CloudEvents says")
    func headerValues() throws {
        var options = NATSFixture.options(server.url, payload: .cloudeventsBinary)
        options.cloudEvents.source = "/a b/ü%\"\n"
        let messages = EventMessage(options, subject: try options.validated(), sink: "out", epoch: "e")
        let message = try messages.message(NATSFixture.events(1...1).records[0]).get()
        #expect(message.headers.first { $0.name == "ce-source" }?.value == "/a%20b/%C3%BC%25%22%0A")
    }

    // MARK: Order and repeats

    @Test("connections that are cut at any moment leave each event in the stream once and in order, whatever the stream remembers")
    func cuts() async throws {
        // The stream forgets ids after a moment, so that the sink alone keeps events from being there twice.
        try await server.makeStream("STOCK", subjects: ["tallywire.>"], #""duplicate_window":100000000"#)
        let proxy = try await FaultyProxy.start(to: server.port)
        var random = SplitMix(state: 11)
        let sink = try await NATSFixture.started(NATSFixture.options("nats://127.0.0.1:\(proxy.port)"))
        // The more often the sink fails, the longer a connection lasts: on a busy machine it takes a while to become one.
        let failures = Failures()
        // A fast machine would be done before the first cut, so events go on until enough connections were cut.
        var next: UInt64 = 1
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...30 + failures.count.load(ordering: .relaxed))))
                    proxy.cut()
                }
            }
            var end: UInt64 = 0
            while next <= 600 || proxy.cutCount < 5 {
                end = max(end, next + UInt64.random(in: 0..<90, using: &random))
                do {
                    _ = try await sink.deliver(NATSFixture.events(next...end))
                    next = end + 1
                } catch SinkError.interrupted(let interruption) {
                    next = (interruption.through ?? next - 1) + 1
                } catch is SinkError {
                    guard failures.count.add(1, ordering: .relaxed).newValue < 3_000 else {
                        throw NeverHappened(description: "the sink got nowhere: \(next)")
                    }
                }
            }
            group.cancelAll()
        }
        await sink.stop()
        try await proxy.close()
        #expect(try await server.seqs() == Array(1..<next))
    }

    @Test("acknowledgements that are lost double nothing, also after a restart and after the stream has forgotten the ids")
    func lostAcknowledgements() async throws {
        try await server.makeStream("STOCK", subjects: ["tallywire.>"], #""duplicate_window":100000000"#)
        let proxy = try await FaultyProxy.start(to: server.port)
        let options = NATSFixture.options("nats://127.0.0.1:\(proxy.port)", timeout: .seconds(3))
        var sink = try await NATSFixture.started(options)
        _ = try await sink.deliver(NATSFixture.events(1...10))
        proxy.swallow([.toClient])
        let text = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(11...20)) }
        // The same time is what a connection may take, which on a busy machine is more than half a second.
        #expect(text == "the server did not acknowledge within 3.0 seconds")
        #expect(try await server.seqs() == Array(1...20))
        try await proxy.heal()
        // By the same sink, after more than the window of duplicates.
        _ = try await sink.deliver(NATSFixture.events(11...25))
        #expect(server.counter("nats_duplicates_total", of: sink) == 10)
        proxy.swallow([.toClient])
        _ = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(26...30)) }
        await sink.stop()
        try await proxy.heal()
        // And by the next process, whose cursor is older.
        sink = try await NATSFixture.started(options, cursor: 22)
        _ = try await sink.deliver(NATSFixture.events(23...40))
        await sink.stop()
        try await proxy.close()
        #expect(try await server.seqs() == Array(1...40))
    }

    @Test("an event that is offered again although it was acknowledged is published again, and dropped by the stream's window")
    func replays() async throws {
        try await server.makeStream("STOCK", subjects: ["tallywire.>"], #""duplicate_window":100000000"#)
        try await server.makeStream("OTHER", subjects: ["other.>"])
        let sink = try await NATSFixture.started(NATSFixture.options(server.url))
        let other = try await NATSFixture.started(
            NATSFixture.options(server.url, stream: "OTHER", subject: "other.{event}"))
        for sink in [sink, other] { _ = try await sink.deliver(NATSFixture.events(1...9)) }
        try await eventually("the stream has forgotten the ids") {
            _ = try await sink.deliver(NATSFixture.events(3...4))
            return try await server.seqs() == Array(1...9) + [3, 4]
        }
        _ = try await other.deliver(NATSFixture.events(3...4))
        for sink in [sink, other] {
            _ = try await sink.deliver(NATSFixture.events(10...11))
            await sink.stop()
        }
        #expect(try await server.seqs() == Array(1...9) + [3, 4, 10, 11])
        #expect(try await server.seqs(of: "OTHER") == Array(1...11))
    }

    @Test("what others publish to the stream costs another round, and no order")
    func others() async throws {
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url, window: 4))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [server] in
                for _ in 0..<40 { try await server.publish("tallywire.other") }
            }
            var next = UInt64(1)
            while next <= 200 {
                do {
                    _ = try await sink.deliver(NATSFixture.events(next...next + 19))
                    next += 20
                } catch SinkError.interrupted(let interruption) {
                    next = (interruption.through ?? next - 1) + 1
                } catch is SinkError {
                    continue
                }
            }
            try await group.waitForAll()
        }
        await sink.stop()
        let seqs = try await server.seqs()
        #expect(seqs.count >= 200 && seqs == Array(1...UInt64(seqs.count)))
        #expect(try await server.messages().count { $0.headers.isEmpty } == 40)
    }

    @Test("two sinks in one stream do not take each other's events for their own")
    func twoSinks() async throws {
        try await server.makeStream()
        let first = try await NATSFixture.started(NATSFixture.options(server.url), name: "first")
        _ = try await first.deliver(NATSFixture.events(1...5))
        let second = try await NATSFixture.started(NATSFixture.options(server.url), cursor: 5, name: "second")
        let even = NATSFixture.events(6...20).records.filter { $0.seq % 2 == 0 }
        _ = try await second.deliver(EventBatch(records: even))
        await second.stop()
        await first.stop()
        let again = try await NATSFixture.started(NATSFixture.options(server.url), cursor: 5, name: "first")
        // Its last message is not the stream's last, so it looks for nothing: the stream's window drops what is there.
        _ = try await again.deliver(NATSFixture.events(6...21))
        await again.stop()
        let seqs = try await server.seqs()
        #expect(seqs.sorted() == Array(1...21), "\(seqs)")
    }
}

/// How often a sink has failed, for whoever disturbs it.
private final class Failures: Sendable {
    let count = Atomic(0)
}
