import Foundation
import NATS
import NIOCore
import NIOPosix
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import NATSSink

@Suite("A NATS server that does not do what it should", .timeLimit(.minutes(2)))
struct NATSFailureTests {
    @Test("a stream that is full refuses, and takes what comes after the events before it")
    func full() async throws {
        let server = try NATSServer()
        try await server.makeStream("STOCK", subjects: ["tallywire.>"], #""max_msgs":7"#)
        let sink = try await NATSFixture.started(NATSFixture.options(server.url, window: 4))
        var through: UInt64?
        let text = await NATSFixture.error {
            do { _ = try await sink.deliver(NATSFixture.events(1...20)) } catch SinkError.interrupted(let cut) {
                through = cut.through
                throw SinkError.interrupted(cut)
            }
        }
        #expect(text == "the stream “STOCK” did not take a message: maximum messages exceeded" && through == 7)
        try await server.changeStream("STOCK", subjects: ["tallywire.>"], #""max_msgs":100"#)
        _ = try await sink.deliver(NATSFixture.events(8...20))
        await sink.stop()
        #expect(try await server.seqs() == Array(1...20))
    }

    @Test("an event that no message can carry is a dead letter, up to the edge", arguments: [true, false])
    func tooLarge(ofServer: Bool) async throws {
        let server = try NATSServer(ofServer ? "max_payload: 4096" : "")
        try await server.makeStream("STOCK", subjects: ["tallywire.>"], ofServer ? "" : #""max_msg_size":4096"#)
        let options = NATSFixture.options(server.url)
        let sink = try await NATSFixture.started(options)
        let messages = EventMessage(options, subject: try options.validated(), sink: "out", epoch: "e")
        let plain = try messages.message(NATSFixture.padded(2, by: 0)).get().size + messages.expectationSize
        let fits = NATSFixture.padded(2, by: 4_096 - plain)
        let (first, last) = (NATSFixture.events(1...1).records, NATSFixture.events(4...4).records)
        let events = first + [fits, NATSFixture.padded(3, by: 4_097 - plain)] + last
        let delivery = try await sink.deliver(EventBatch(records: events))
        await sink.stop()
        #expect(delivery.rejected.map(\.seq) == [3])
        let owner = ofServer ? "the server (max_payload)" : "the stream (max_msg_size)"
        #expect(delivery.rejected.first?.reason == "its message would have 4097 bytes, and \(owner) takes 4096")
        #expect(try await server.seqs() == [1, 2, 4])
        #expect(try await server.messages()[1].payload == fits.json)
    }

    @Test("what counts against the server's limit is known to the byte")
    func sizes() async throws {
        let server = try NATSServer("max_payload: 1024")
        try await server.makeStream()
        let connection = try NATSConnection(NATSSettings(servers: [server.url], timeout: .seconds(10)), stream: "STOCK")
        var message = NATSMessage(subject: "tallywire.x", headers: [("Nats-Msg-Id", "1"), ("B", "two")], payload: [])
        message.payload = Array(repeating: 65, count: 1_024 - message.size)
        #expect(message.size == 1_024 && connection.messageLimit == 1_024)
        try connection.publish(message, token: 7)
        let answers = try connection.answers(within: .seconds(10))
        #expect(answers == [NATSAnswer(token: 7, result: .success(NATSAcknowledgement(sequence: 1, isDuplicate: false)))])
        message.payload.append(65)
        #expect(throws: NATSError.self) { try connection.publish(message, token: 8) }
    }

    @Test("a stream that is missing or takes something else, and a server without JetStream, are said with what to do")
    func setUp() async throws {
        let bare = try NATSServer(jetStream: false)
        try await eventually("the server listens") { bare.log.contains("Server is ready") }
        func problem(_ options: NATSSinkOptions) async throws -> OptionError? {
            let problems = await options.problems(ProbeContext(name: "out"))
            let text = await NATSFixture.error { _ = try await NATSFixture.started(options) }
            #expect(problems.count == 1 && problems.first?.message == text)
            return problems.first
        }
        let off = try await problem(NATSFixture.options(bare.url))
        #expect(off?.path == ["servers"] && off?.message.contains("nats-server -js") == true)
        let server = try NATSServer()
        try await server.makeStream("OTHER", subjects: ["other.>"])
        let missing = try await problem(NATSFixture.options(server.url))
        #expect(missing?.path == ["stream"] && missing?.message.contains("nats stream add STOCK") == true)
        let other = try await problem(NATSFixture.options(server.url, stream: "OTHER"))
        let difference = "takes other.>, and this sink publishes to tallywire.*.*"
        #expect(other?.path == ["stream"] && other?.message.contains(difference) == true)
        try await server.api("STREAM.CREATE.MIRROR", #"{"name":"MIRROR","mirror":{"name":"OTHER"},"storage":"file"}"#)
        let mirror = try await problem(NATSFixture.options(server.url, stream: "MIRROR", subject: "other.{event}"))
        #expect(mirror?.path == ["stream"] && mirror?.message.contains("it is a mirror") == true)
        let right = NATSFixture.options(server.url, stream: "OTHER", subject: "other.{event}")
        #expect(await right.problems(ProbeContext(name: "out")).isEmpty)
        #expect(try await server.messages(of: "OTHER").isEmpty)
    }

    @Test("a subject that the stream does not take holds up what follows, and is said")
    func uncovered() async throws {
        let server = try NATSServer()
        try await server.makeStream("STOCK", subjects: ["tallywire.*.A-1", "tallywire.*.A-3"])
        let sink = try await NATSFixture.started(NATSFixture.options(server.url))
        let text = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(1...3)) }
        #expect(text == "no stream takes the subject tallywire.inventory_updated.A-2: add it to the subjects of the stream “STOCK”")
        #expect(try await server.seqs() == [1])
        try await server.changeStream()
        _ = try await sink.deliver(NATSFixture.events(2...3))
        await sink.stop()
        #expect(try await server.seqs() == [1, 2, 3])
    }

    @Test("a server that hangs costs the time limit, and a delivery that is cancelled ends at once")
    func hanging() async throws {
        let server = try NATSServer()
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url, timeout: .seconds(2)))
        let patient = try await NATSFixture.started(NATSFixture.options(server.url, timeout: .seconds(100)), name: "patient")
        _ = try await sink.deliver(NATSFixture.events(1...3))
        server.freeze()
        let text = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(4...6)) }
        #expect(text == "the server did not acknowledge within 2.0 seconds")
        // Now it cannot even connect.
        let next = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(4...6)) }
        #expect(next.contains("cannot be used") || next.contains("did not answer"), "\(next)")
        let begin = ContinuousClock.now
        for sink in [patient, try NATSSink(NATSFixture.options(server.url, timeout: .seconds(100)))] {
            await withTaskGroup(of: String.self) { group in
                group.addTask {
                    await NATSFixture.error {
                        try await sink.start(NATSFixture.context(cursor: 3))
                        _ = try await sink.deliver(NATSFixture.events(4...6))
                    }
                }
                try? await Task.sleep(for: .milliseconds(50))
                group.cancelAll()
                for await text in group { #expect(text.contains("CancellationError"), "\(text)") }
            }
            await sink.stop()
        }
        #expect(begin.duration(to: .now) < .seconds(30))
        server.thaw()
        try await eventually("the sink goes on") {
            await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(4...6)) } == "nothing was thrown"
        }
        await sink.stop()
        #expect(try await server.seqs() == Array(1...6))
    }

    @Test("a server that is killed and started again has every event once, in order")
    func killed() async throws {
        let server = try NATSServer()
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url))
        _ = try await sink.deliver(NATSFixture.events(1...30))
        server.stop()
        #expect(await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(31...60)) } != "nothing was thrown")
        #expect(sink.sinkMetrics.first { $0.name == "nats_connected" }?.value == .gauge(0))
        try server.start()
        try await eventually("the sink goes on") {
            await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(31...60)) } == "nothing was thrown"
        }
        #expect(sink.sinkMetrics.first { $0.name == "nats_connected" }?.value == .gauge(1))
        await sink.stop()
        #expect(try await server.seqs() == Array(1...60))
    }

    @Test(
        "somebody who talks nonsense instead of a server is not believed",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "INFO {\"tls_required\":true}\r\n", "INFO {}\r\n-ERR 'no'\r\n", "", "INFO {{{{\r\n",
        ])
    func nonsense(text: String) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in channel.writeAndFlush(ByteBuffer(string: text)) }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let sink = try NATSSink(NATSFixture.options("nats://127.0.0.1:\(port)", timeout: .milliseconds(200)))
        for _ in 0..<2 {
            let text = await NATSFixture.error { try await sink.start(NATSFixture.context()) }
            #expect(text.contains("cannot be used") || text.contains("did not answer") || text.contains("still waits"), "\(text)")
        }
        await sink.stop()
        try await listener.close()
    }

    @Test("an answer to a message that is not the stream's is not believed")
    func otherAnswer() async throws {
        let server = try NATSServer()
        try await server.makeStream("OTHER", subjects: ["other.>"])
        let connection = try NATSConnection(NATSSettings(servers: [server.url], timeout: .seconds(10)), stream: "STOCK")
        try connection.publish(NATSMessage(subject: "other.x", payload: []), token: 1)
        let answers = try connection.answers(within: .seconds(10))
        #expect(
            answers == [NATSAnswer(token: 1, result: .failure(NATSError(.refused(0), "the answer was none of the stream “STOCK”")))]
        )
    }
}
