import NIOCore
import ServiceLifecycle
import TallywireTesting
import Testing

@testable import HTTPPort
@testable import TallywireHTTP

@Suite("A client that does not take its responses", .serialized, .timeLimit(.minutes(2)))
struct StalledResponseTests {
    private static let request = "GET /large HTTP/1.1\nHost: 127.0.0.1\n\n"

    @Test("loses its connection when nothing was taken for as long as a connection may rest", arguments: [1, 3, 40])
    func stalls(requests: Int) async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.connections = 1
        configuration.idleTimeout = .milliseconds(300)
        try await withChannelServer([ByteEcho()], configuration) { port in
            try await NonReadingConnection.open(port, sending: String(repeating: Self.request, count: requests)) {
                try await eventually("the only connection is free again") {
                    try await ChannelConnection.open(port) { other in
                        try await other.send("GET /hello HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
                        return try await other.receiveAll().hasPrefix("HTTP/1.1 200 ")
                    }
                }
            }
        }
        // One response alone may also be taken for a connection that rests.
        #expect(configuration.metrics.count(of: .stalled) == 1 || requests == 1)
    }

    @Test("holds up a shutdown for no longer than its bound")
    func shutdown() async throws {
        var configuration = UpgradingServerConfiguration()
        configuration.closingTime = .milliseconds(300)
        let clock = ContinuousClock()
        var stopped: ContinuousClock.Instant?
        try await withChannelServer([ByteEcho()], configuration) { port, group in
            try await NonReadingConnection.open(port, sending: String(repeating: Self.request, count: 40)) {
                await group.triggerGracefulShutdown()
                stopped = clock.now
                try await eventually("it was cut") { configuration.metrics.count(of: .cut) == 1 }
            }
        }
        #expect(try #require(stopped).duration(to: clock.now) < .seconds(10))
    }

    @Test("keeps it while it takes a little, however slowly")
    func slow() {
        var stall = StallClock(limit: .seconds(10))
        #expect(stall.isOver(taken: 100, now: .uptimeNanoseconds(0)) == false)
        #expect(stall.isOver(taken: 100, now: .uptimeNanoseconds(9_000_000_000)) == false)
        #expect(stall.isOver(taken: 101, now: .uptimeNanoseconds(9_500_000_000)) == false)
        #expect(stall.isOver(taken: 101, now: .uptimeNanoseconds(19_000_000_000)) == false)
        #expect(stall.isOver(taken: 101, now: .uptimeNanoseconds(19_500_000_000)) == true)
    }
}
