import Foundation
import NIOHTTP1
import TallywireCore
import TallywireEngine

/// What a server says about itself at one moment.
struct TopReading: Equatable, Sendable {
    /// When it was read, in seconds of a clock that only runs forward.
    var at: Double
    var pipeline: PipelineReport
    /// `nil` for a server by itself.
    var cluster: Cluster?
    /// What `/metrics` says; `nil` where it says nothing of it.
    var version: String?
    var uptime: Double?
    var connections: Int?

    struct Cluster: Decodable, Equatable, Sendable {
        struct Node: Decodable, Equatable, Sendable {
            var node: String
            var role: String
            var applied: UInt64
            var lagSeconds: Double
            var address: String
            var version: String
        }

        var site: String
        var node: String
        var leader: String?
        var term: UInt64
        var nodes: [Node]
    }

    /// Asks the server. Throws ``Failure`` if it does not answer, or refuses.
    static func read(_ client: ServerClient) async throws -> TopReading {
        let pipeline = try JSONDecoder().decode(PipelineReport.self, fromOutside: try await client.get("/api/pipeline"))
        let cluster = try await client.call(.GET, "/api/cluster")
        let metrics = String(decoding: try await client.get("/metrics"), as: UTF8.self)
        let now = ContinuousClock.now - start
        var reading = TopReading(at: now / .seconds(1), pipeline: pipeline)
        // A server by itself answers 404.
        if cluster.status != 404 {
            reading.cluster = try JSONDecoder().decode(Cluster.self, fromOutside: try cluster.accepted("GET /api/cluster"))
        }
        reading.add(metrics: metrics, now: .now)
        return reading
    }

    private static let start = ContinuousClock.now

    /// Takes what is shown from the text of `/metrics`.
    mutating func add(metrics: String, now: Timestamp) {
        for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { continue }
            let sample = line[..<space]
            let name = sample.prefix { $0 != "{" }
            switch name {
            case "tallywire_info":
                version = sample.split(separator: "version=\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
            case "tallywire_start_time_seconds": uptime = max(0, Double(now.milliseconds) / 1000 - value)
            case "tallywire_http_event_streams",
                _ where name.hasSuffix("_connections"):
                if let count = Int(exactly: value) { connections = (connections ?? 0) + count }
            default: break
            }
        }
    }
}

/// How fast things go on, from two readings.
struct TopRates: Sendable {
    private let before: TopReading?
    private let now: TopReading

    /// `before` is `nil` for the first reading.
    init(from before: TopReading?, to now: TopReading) {
        self.now = now
        let isComparable = before.map { $0.pipeline.epoch == now.pipeline.epoch && $0.at < now.at } ?? false
        self.before = isComparable ? before : nil
    }

    var events: Double? { rate { $0.pipeline.seq } }
    var movements: Double? { rate { $0.pipeline.engine.applied } }
    func received(by source: String) -> Double? { rate { $0.pipeline.sources.first { $0.name == source }?.received } }
    func delivered(by sink: String) -> Double? { rate { $0.pipeline.sinks.first { $0.name == sink }?.delivered } }

    /// A second. `nil` if there was no earlier reading, or the counter began anew with another start of the server.
    private func rate(of counter: (TopReading) -> UInt64?) -> Double? {
        guard let before, let earlier = counter(before), let later = counter(now), later >= earlier else { return nil }
        return Double(later - earlier) / (now.at - before.at)
    }
}
