import PipelineHost
import Synchronization
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import WebhookSink

@Suite("An hour with a receiver that does everything wrong", .timeLimit(.minutes(4)))
struct WebhookHourTests {
    @Test("nothing grows but the lag, and commands are answered as before; then everything arrives, in order")
    func hour() async throws {
        let reply = Mutex(TestReceiver.Reply())
        let receiver = TestReceiver { _, _ in reply.withLock { $0 } }
        @Sendable func answers(_ name: String, times: Int = .max, _ wrong: TestReceiver.Reply) -> SinkHour.Fault {
            SinkHour.Fault(name, times: times, { reply.withLock { $0 = wrong } }) { reply.withLock { $0 = TestReceiver.Reply() } }
        }
        try await receiver.run { port in
            let proxy = try await FaultyProxy.start(to: port)
            let sink = try WebhookSink(
                WebhookFixture.options("http://127.0.0.1:\(proxy.port)/x", timeout: .milliseconds(300), concurrency: 4))
            let hour = try SinkHour([
                answers("full", .init(status: 503, headers: ["retry-after": "20"])),
                .init("hangs", times: 3, { proxy.swallow() }, end: proxy.heal),
                answers("says nothing", times: 3, .init(isSilent: true)),
                .init(
                    "away",
                    {
                        try await proxy.refuseLinks(); proxy.cut()
                    }, end: proxy.heal),
                .init("nonsense", { proxy.talk("220 mail.example.com ESMTP\r\n") }, end: proxy.heal),
                answers("fails", .init(status: 500)),
                answers("leads elsewhere", .init(status: 301, headers: ["location": "/y"])),
            ]) { _ in proxy.linkCount > 16 ? ["\(proxy.linkCount) connections are open"] : [] }
            let head = try await hour.play(sink, named: "hook")
            #expect(hour.mistakes == [] && hour.tries > DeliveryLog.limit)
            // What was not answered in time may have arrived, and comes again.
            #expect(Set(receiver.posts.flatMap(\.seqs)) == Set(1...head))
            #expect(receiver.mostOpen <= 4 + 16)
            try await proxy.close()
        }
    }
}
