import Foundation
import TallywireTesting
import TestSupport

/// What happens while the cluster is harmed: scans, writers, watchers, and a display that reads what the leader publishes.
final class Load: Sendable {
    let scanners: Scanners
    let writers: Writers
    let watchers: Watchers
    let display: Display

    init(_ bed: Bed, display: Display, scans: Int, writers: Int, watchers: Int) async throws {
        self.display = display
        scanners = try await Scanners(Bed.brokerURL, perSecond: scans)
        self.writers = Writers(bed.nodes.map(\.url), count: writers, token: bed.http.token)
        self.watchers = Watchers(bed.nodes.map(\.webSocket), count: watchers)
    }

    /// Runs `body` under the load, and then lets everything that was begun come to its end.
    func running<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group -> Value in
            // What the watchers decode must not hold up those who measure.
            group.addTask(priority: .utility) { await self.watchers.run() }
            try await watchers.areLive()
            group.addTask(priority: .high) { try await self.scanners.run() }
            group.addTask(priority: .high) { await self.writers.run() }
            defer {
                scanners.finish()
                writers.finish()
                watchers.finish()
                group.cancelAll()
            }
            try await Task.sleep(for: .seconds(2))
            let value = try await body()
            try await Task.sleep(for: .seconds(2))
            scanners.finish()
            writers.finish()
            try await eventually("the writers have their answers", within: .seconds(60)) { writers.areDone }
            try await eventually("the scans are published", within: .seconds(60)) { scanners.areDone }
            return value
        }
    }
}
