import Foundation
import Synchronization
import TallywireTesting

/// Writers over HTTP, each at a random node, with an id for each change. One that gets no clear answer asks again with the same id, at
/// another node.
final class Writers: Sendable {
    /// An answer: when it came, and the event that it names.
    struct Acknowledged: Sendable {
        let at: ContinuousClock.Instant
        let variant: Int
        let seq: UInt64
    }

    private struct State {
        var acknowledged: [String: Acknowledged] = [:]
        /// Ids that were refused, although nothing was wrong with them.
        var refused: [String: String] = [:]
        var times: [ContinuousClock.Instant] = []
        /// What was no acknowledgement: when it came, from which node, and what it was.
        var failures: [(at: ContinuousClock.Instant, what: String)] = []
        var latencies: [Double] = []
        var running = 0
        var isFinishing = false
    }

    private let urls: [String]
    private let count: Int
    private let token: String
    private let state = Mutex(State())
    /// The pause of each writer after an answer.
    private static let pause: Duration = .milliseconds(300)
    /// For how many seconds a writer waits before it asks another node. A node that is cut off answers later.
    private static let patience: Int64 = 2

    init(_ urls: [String], count: Int, token: String) {
        self.token = token
        self.urls = urls
        self.count = count
    }

    func finish() { state.withLock { $0.isFinishing = true } }
    var areDone: Bool { state.withLock { $0.isFinishing && $0.running == 0 } }
    var acknowledged: [String: Acknowledged] { state.withLock { $0.acknowledged } }
    var refused: [String: String] { state.withLock { $0.refused } }
    var latencies: [Double] { state.withLock { $0.latencies } }

    func hasAcknowledged(since start: ContinuousClock.Instant) -> Bool { state.withLock { $0.times.contains { $0 > start } } }

    /// A time without an acknowledgement, in seconds, and how long after a fault it began.
    struct Gap: Sendable {
        var seconds = 0.0
        var begin = 0.0
        /// How often a writer got what else meanwhile.
        var failures: [String: Int] = [:]
    }

    /// The longest time without an acknowledgement that began after `start`, or was under way then.
    func longestGap(since start: ContinuousClock.Instant) -> Gap {
        let (times, failures) = state.withLock { ($0.times.sorted(), $0.failures) }
        var longest = Gap()
        for (before, after) in zip(times, times.dropFirst())
        where after >= start && (after - before) / .seconds(1) > longest.seconds {
            longest = Gap(seconds: (after - before) / .seconds(1), begin: (before - start) / .seconds(1))
            for failure in failures where (before...after).contains(failure.at) { longest.failures[failure.what, default: 0] += 1 }
        }
        return longest
    }

    func run() async {
        state.withLock { $0.running = count }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<count { group.addTask { await self.write(writer) } }
        }
    }

    private func write(_ writer: Int) async {
        defer { state.withLock { $0.running -= 1 } }
        let http = HTTP(token: token)
        var number = 0
        while !state.withLock({ $0.isFinishing }), !Task.isCancelled {
            number += 1
            await change("w\(writer)-\(number)", by: http, variant: Bed.written[Int.random(in: 0..<Bed.written.count)])
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func fail(_ what: String) { state.withLock { $0.failures.append((.now, what)) } }

    private func change(_ id: String, by http: HTTP, variant: Int) async {
        let begin = ContinuousClock.now
        let body = #"{"operation":"add","quantity":1,"reason":"receipt","location":"MAIN"}"#
        while !Task.isCancelled {
            let url = urls[Int.random(in: 0..<urls.count)]
            do {
                let answer = try await http.send(
                    "PATCH", "\(url)/api/variants/\(variant)/inventory", body, key: id, within: Self.patience)
                switch answer.status {
                case 200:
                    struct Receipt: Decodable { let seq: UInt64 }
                    let seq = try JSONDecoder().decode(Receipt.self, from: Data(answer.text.utf8)).seq
                    let now = ContinuousClock.now
                    return state.withLock { state in
                        state.acknowledged[id] = Acknowledged(at: now, variant: variant, seq: seq)
                        state.times.append(now)
                        state.latencies.append((now - begin) / .milliseconds(1))
                    }
                case 503, 504: fail("\(answer.status) of \(url)")
                default: return state.withLock { $0.refused[id] = answer.text }
                }
            } catch {
                // The node is away, or its answer is lost: the same id at another node.
                fail("\(type(of: error)) \(error) of \(url)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
