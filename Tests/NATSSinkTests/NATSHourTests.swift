import Backoff
import PipelineHost
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import NATSSink

@Suite("An hour with a NATS server that does everything wrong", .timeLimit(.minutes(4)))
struct NATSHourTests {
    @Test("nothing grows but the lag, and commands are answered as before; then each event is in the stream once, in order")
    func hour() async throws {
        let server = try NATSServer()
        try await server.makeStream()
        let proxy = try await FaultyProxy.start(to: server.port)
        let sink = try NATSSink(
            NATSFixture.options("nats://127.0.0.1:\(proxy.port)", subject: "tallywire.{event}", timeout: .milliseconds(300)))
        let hour = try SinkHour(
            [
                .init("full", times: 8, { try await server.fillStream() }) {
                    try await server.changeStream()
                },
                .init("hangs", times: 3, { proxy.swallow() }, end: proxy.heal),
                .init("takes without a word", times: 4, { proxy.swallow([.toClient]) }, end: proxy.heal),
                .init(
                    "away",
                    {
                        try await proxy.refuseLinks(); proxy.cut()
                    }, end: proxy.heal),
                .init("nonsense", { proxy.talk("HTTP/1.1 400 Bad Request\r\n\r\n") }, end: proxy.heal),
                .init("frozen", times: 3, { server.freeze() }, end: { server.thaw() }),
                .init("takes another subject", times: 8, { try await server.changeStream("STOCK", subjects: ["elsewhere"]) }) {
                    try await server.changeStream()
                },
            ]
        ) { _ in
            var grown: [String] = []
            if sink.sinkMetrics.first(where: { $0.name == "nats_in_flight" })?.value != .gauge(0) { grown.append("messages wait") }
            if proxy.linkCount > 8 { grown.append("\(proxy.linkCount) connections are open") }
            return grown
        }
        let head = try await hour.play(sink, named: "out", retry: Backoff(maximum: .seconds(90)))
        #expect(hour.mistakes == [] && hour.tries > 40)
        let seqs = try await server.seqs()
        #expect(seqs == Array(1...head))
        try await proxy.close()
    }
}
