import Foundation
import Synchronization
import TallywireCluster
import TallywireTesting
import TestSupport
import Testing

@testable import EtcdLog

@Suite("The log in an etcd that fails", .enabled(if: EtcdCluster.isPossible, EtcdFixture.skipped), .timeLimit(.minutes(5)))
struct EtcdFailureTests {
    // MARK: Late and lost

    @Test("an append whose answer is lost is found written, once")
    func lostAnswer() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        let direct = try EtcdFixture.log(try await EtcdFixture.cluster().endpoints)
        let log = try EtcdFixture.log(
            ["http://127.0.0.1:\(proxy.port)"], site: direct.client.configuration.site, timeout: .milliseconds(300))
        var script = try await LogScript.begin(on: direct)
        proxy.swallow([.toClient])
        let entry = script.next()
        async let written = log.append(entry, after: script.head, term: script.currentTerm)
        try await eventually("the entry is written") { try await direct.look().head.index == 1 }
        try await eventually("the append does not know") { log.status.writes != nil }
        try await proxy.heal()
        #expect(try await written > 0)
        #expect(try await EtcdFixture.ids(direct) == [entry.id])
        for log in [log, direct] { await log.shutdown() }
        try await proxy.close()
    }

    @Test("a takeover whose answer is lost is found made")
    func lostClaim() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        let direct = try EtcdFixture.log(try await EtcdFixture.cluster().endpoints)
        let log = try EtcdFixture.log(
            ["http://127.0.0.1:\(proxy.port)"], site: direct.client.configuration.site, timeout: .milliseconds(300))
        let sight = try await direct.look()
        proxy.swallow([.toClient])
        async let taken = log.takeOver(sight, as: LogScript.claim("a"))
        try await eventually("the claim is written") { try await direct.look().leader != nil }
        try await eventually("the claimant does not know") { log.status.writes != nil }
        try await proxy.heal()
        #expect(try await taken == direct.look().leader?.term)
        for log in [log, direct] { await log.shutdown() }
        try await proxy.close()
    }

    @Test("an append that arrives after a takeover is fenced, and is never written")
    func lateAfterTakeover() async throws {
        let cluster = try await EtcdFixture.cluster()
        let proxy = try await LateDelivery.start(to: cluster.port(0))
        let other = try EtcdFixture.log(cluster.endpoints)
        let log = try EtcdFixture.log([proxy.url], site: other.client.configuration.site, timeout: .milliseconds(300))
        var script = try await LogScript.begin(on: other)
        try await script.append(to: log)
        proxy.hold(andNew: true)
        let (late, head, term) = (script.next(), script.head, try script.currentTerm)
        async let failure = EtcdFixture.error { try await log.append(late, after: head, term: term) }
        try await eventually("copies of the request are on their way") {
            log.status.writes?.failures ?? 0 > 1 && proxy.heldBytes > 1_000
        }
        try await script.takeOver(other, as: "b")
        // The log still ends where the late copies begin, so that only the leader's term is against them.
        try await proxy.deliver()
        #expect(await failure as? LogFailure == .fenced)
        try await script.append(to: other)
        let ids = try await EtcdFixture.ids(other)
        #expect(ids.count == 2 && !ids.contains(late.id))
        for log in [log, other] { await log.shutdown() }
        try await proxy.close()
    }

    @Test("a copy of an append that arrives after its entry was trimmed is not written again")
    func lateAfterTrim() async throws {
        let cluster = try await EtcdFixture.cluster()
        let proxy = try await LateDelivery.start(to: cluster.port(0))
        let direct = try EtcdFixture.log(cluster.endpoints)
        let log = try EtcdFixture.log([proxy.url], site: direct.client.configuration.site, timeout: .milliseconds(300))
        var script = try await LogScript.begin(on: direct)
        try await script.append(to: log)
        // The first try is held, and the next one goes over a new link.
        proxy.hold(andNew: false)
        try await script.append(to: log)
        #expect(proxy.heldBytes > 100)
        for _ in 0..<3 { try await script.append(to: log) }
        try await direct.trim(before: 5, term: script.currentTerm)
        let before = try await direct.look()
        try await proxy.deliver()
        #expect(try await direct.look() == before)
        #expect(try await direct.entries(after: 4, limit: 9, maxBytes: 99_999).map(\.index) == [5])
        #expect(
            await EtcdFixture.error { _ = try await direct.entries(after: 1, limit: 9, maxBytes: 99_999) } as? LogFailure
                == .trimmed)
        for log in [log, direct] { await log.shutdown() }
        try await proxy.close()
    }

    // MARK: Members that fail

    /// `make etcd-kills` runs fifty of each.
    private static let rounds = ProcessInfo.processInfo.environment["ETCD_KILLS"].flatMap { Int($0) } ?? 1

    @Test("whatever happens to the leader of etcd, each acknowledged entry is there once, in order, and followers see the same")
    func leaderFails() async throws {
        let cluster = try EtcdCluster()
        try await cluster.waitUntilHealthy()
        let log = try EtcdFixture.log(cluster.endpoints, timeout: .seconds(1))
        let site = log.client.configuration.site
        let follower = try EtcdFixture.log(cluster.endpoints.reversed(), site: site, timeout: .seconds(1))
        let direct = try EtcdFixture.log(cluster.endpoints, site: site)
        let writer = AppendingWriter(log, try await LogScript.begin(on: direct))
        let seen = SeenIDs()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writer.run() }
            group.addTask { try await seen.follow(follower) }
            try await writer.reach(20)
            for _ in 0..<Self.rounds {
                var leader = try await cluster.leader()
                cluster.kill(leader)
                try await writer.reach(writer.count + 20)
                try cluster.start(leader)
                try await cluster.waitUntilHealthy()
                leader = try await cluster.leader()
                cluster.freeze(leader)
                let start = ContinuousClock.now
                try await eventually("two seconds have passed") { ContinuousClock.now > start + .seconds(2) }
                try await writer.reach(writer.count + 20)
                cluster.thaw(leader)
                try await cluster.waitUntilHealthy()
            }
            writer.end()
            try await group.next()
            try await eventually("the follower has seen all") { seen.ids.count == writer.count }
            group.cancelAll()
            try await group.waitForAll()
        }
        let stored = try await EtcdFixture.ids(direct)
        #expect(stored == writer.ids)
        #expect(seen.ids == stored)
        print("etcd's leader failed \(2 * Self.rounds) times under \(stored.count) appends; the longest took \(writer.longest)")
        for log in [log, follower, direct] { await log.shutdown() }
    }

    @Test("while etcd's quota is reached appends wait and say why, and reads go on; once there is room, so do appends")
    func quota() async throws {
        let cluster = try EtcdCluster(members: 1, "--quota-backend-bytes", "\(16 << 20)")
        try await cluster.waitUntilHealthy()
        let log = try EtcdFixture.log(cluster.endpoints)
        let writer = AppendingWriter(log, try await LogScript.begin(on: log), bytes: 1_000_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await writer.run() }
            try await eventually("the quota is reached", within: .seconds(60)) { log.status.writes?.error.code == .full }
            let count = writer.count
            #expect((8...16).contains(count))
            #expect(log.status.writes?.error.message.contains("etcdctl defrag") == true)
            let sight = try await log.look()
            #expect(try await log.entries(after: 0, limit: 3, maxBytes: 8 << 20).count == 3)
            #expect(log.status.reads == nil)
            let probe = try #require(try await log.probe().first?.get())
            #expect(!probe.alarms.isEmpty)
            // What makes room is allowed: the leader trims, and the operator does the rest.
            let term = try #require(sight.leader?.term)
            try await log.trim(before: sight.head.index + 1, term: term)
            let status = try await cluster.etcdctl("get", "x", "--write-out", "fields")
            let line = status.split(separator: "\n").first { $0.contains("Revision") }
            let revision = try #require(line?.split(separator: " ").last)
            try await cluster.etcdctl("compaction", "--physical", String(revision))
            try await cluster.etcdctl("defrag")
            try await cluster.etcdctl("alarm", "disarm")
            try await writer.reach(count + 3)
            writer.end()
            try await group.waitForAll()
            #expect(try await EtcdFixture.ids(log, after: sight.head.index) == Array(writer.ids.dropFirst(Int(sight.head.index))))
        }
        await log.shutdown()
    }
}

/// Appends one entry after the other until it is ended.
final class AppendingWriter: Sendable {
    private struct State {
        var ids: [String] = []
        var longest = Duration.zero
        var isEnding = false
    }

    private let log: EtcdLog
    private let script: LogScript
    private let bytes: Int
    private let state = Mutex(State())

    init(_ log: EtcdLog, _ script: LogScript, bytes: Int = 2_000) {
        self.log = log
        self.script = script
        self.bytes = bytes
    }

    var ids: [String] { state.withLock { $0.ids } }
    var count: Int { ids.count }
    var longest: Duration { state.withLock { $0.longest } }

    func run() async throws {
        var script = script
        while !state.withLock({ $0.isEnding }) {
            let start = ContinuousClock.now
            let entry = try await script.append(to: log, bytes: bytes)
            state.withLock {
                $0.ids.append(entry.id)
                $0.longest = max($0.longest, ContinuousClock.now - start)
            }
        }
    }

    func reach(_ count: Int) async throws {
        try await eventually("\(count) entries are written", within: .seconds(60)) { self.count >= count }
    }

    /// Lets the append that is under way be the last one.
    func end() { state.withLock { $0.isEnding = true } }
}

/// What a follower sees that begins again after each error.
final class SeenIDs: Sendable {
    private let state = Mutex([String]())

    var ids: [String] { state.withLock { $0 } }

    func follow(_ log: EtcdLog) async throws {
        while !Task.isCancelled {
            do {
                for try await entry in log.follow(after: UInt64(ids.count)) where entry.index == UInt64(ids.count) + 1 {
                    state.withLock { $0.append(entry.id) }
                }
            } catch is EtcdError {
                continue
            }
        }
    }
}
