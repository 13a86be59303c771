import TallywireCore
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// One client that joins, leaves, tracks, comes back and reads slowly by seed, beside writes and prunes.
@Suite("Whatever a client does")
struct RecoveryPropertyTests {
    @Test("it has the events that it should have, each once, and values that are right", arguments: 1...UInt64(4))
    func random(seed: UInt64) async throws {
        try await Gateway.run(ring: 32) {
            $0.pingInterval = .seconds(600)
            $0.hub.rooms[0].rules.replay = 40
        } _: { gateway in
            var walk = try await RecoveryWalk(gateway, seed: seed)
            for _ in 0..<50 { try await walk.step() }
            try await walk.finish()
        }
    }
}
