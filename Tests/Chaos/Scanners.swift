import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireTesting

/// Scanners that publish bare barcodes with QoS 1. The broker is never harmed, so each scan that it has taken counts once.
final class Scanners: Sendable {
    private struct State {
        /// How many scans of each variant the broker has taken.
        var taken: [Int: Int] = [:]
        var running = 0
        var isFinishing = false
    }

    private static let guns = 10
    private let clients: [MQTTClient]
    private let period: Duration
    private let state = Mutex(State())

    init(_ broker: String, perSecond: Int) async throws {
        clients = try (0..<Self.guns).map { gun in
            try MQTTClient(
                MQTTClientOptions(broker: try BrokerAddress(broker), clientID: "gun-\(gun)"), logger: Logger(label: "chaos"))
        }
        period = .nanoseconds(1_000_000_000 * Self.guns / max(1, perSecond))
        for client in clients { try await client.connected(within: .seconds(10)) }
    }

    func finish() { state.withLock { $0.isFinishing = true } }
    var areDone: Bool { state.withLock { $0.isFinishing && $0.running == 0 } }
    var taken: [Int: Int] { state.withLock { $0.taken } }

    func run() async throws {
        state.withLock { $0.running = Self.guns }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for gun in 0..<Self.guns { group.addTask { try await self.scan(gun) } }
            try await group.waitForAll()
        }
        for client in clients { await client.stop() }
    }

    private func scan(_ gun: Int) async throws {
        defer { state.withLock { $0.running -= 1 } }
        var next = ContinuousClock.now
        while !state.withLock({ $0.isFinishing }), !Task.isCancelled {
            let variant = Bed.scanned[Int.random(in: 0..<Bed.scanned.count)]
            let message = MQTTMessage(topic: "scanners/gun-\(gun)/scan", payload: Array("CODE-\(variant)".utf8))
            let result = try await clients[gun].publish([message])
            guard result == [.accepted] else { throw NeverHappened(description: "the broker refused a scan: \(result)") }
            state.withLock { $0.taken[variant, default: 0] += 1 }
            next += period
            try await Task.sleep(until: next)
        }
    }
}
