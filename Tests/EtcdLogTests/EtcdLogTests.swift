import Foundation
import Synchronization
import TallywireCluster
import TallywireConfiguration
import TallywireTesting
import TestSupport
import Testing

@testable import EtcdLog

@Suite("The log in etcd", .enabled(if: EtcdCluster.isPossible, EtcdFixture.skipped), .timeLimit(.minutes(3)))
struct EtcdLogTests {
    @Test("does what every log has to do", arguments: ReplicatedLogConformance.checks)
    func conformance(check: ReplicatedLogConformance) async throws {
        let (endpoints, site) = (try await EtcdFixture.cluster().endpoints, UUID().uuidString)
        // Each log asks another member first.
        let made = Counter()
        try await check.run(
            .init(
                make: {
                    let first = made.next() % endpoints.count
                    return try EtcdFixture.log(Array(endpoints[first...] + endpoints[..<first]), site: site)
                }, refusedBytes: 2_000_000))
    }

    @Test("what etcd itself refuses as too large is too large, and the log goes on")
    func tooLarge() async throws {
        let configuration = EtcdConfiguration(
            endpoints: try await EtcdFixture.cluster().endpoints, site: UUID().uuidString, largestRequest: 32 << 20)
        let log = try EtcdLog(configuration)
        var script = try await LogScript.begin(on: log)
        // Beyond etcd's own limit, and beyond that of its gRPC.
        for bytes in [1_600_000, 9_000_000] {
            let entry = script.next(.batch(LogScript.batch(bytes: bytes)))
            let error = await EtcdFixture.error { try await log.append(entry, after: script.head, term: script.currentTerm) }
            guard case .tooLarge(let size, let limit) = error as? LogFailure else {
                Issue.record("\(bytes) bytes: \(String(describing: error))")
                continue
            }
            #expect(size > bytes && limit == size - 1)
        }
        // The largest that goes in by default.
        try await script.append(to: log, bytes: 1_500_000)
        #expect(try await EtcdFixture.ids(log).count == 1)
        await log.shutdown()
    }

    @Test("hundreds of calls go over one connection, which ends with the log")
    func oneConnection() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        let log = try EtcdFixture.log(["http://127.0.0.1:\(proxy.port)"])
        var script = try await LogScript.begin(on: log)
        var follower = LogFollower(log.follow(after: 0), after: 0)
        // One after the other: etcd sends a PING for each call that finds none under way.
        for _ in 0..<50 {
            for _ in 0..<9 { _ = try await log.look() }
            try await script.append(to: log)
            try await follower.reach(script.head.index)
        }
        #expect(proxy.acceptedCount == 1)
        await log.shutdown()
        try await eventually("the connection is closed") { proxy.linkCount == 0 }
        #expect(
            await EtcdFixture.error { _ = try await log.look() } as? EtcdError
                == EtcdError(.closed, "the connection to etcd was shut down"))
        let term = try script.currentTerm
        let (entry, head) = (script.next(), script.head)
        #expect(await EtcdFixture.error { try await log.append(entry, after: head, term: term) } as? LogFailure == .cancelled)
        try await proxy.close()
    }

    @Test("a log that nobody holds any more leaves no connection")
    func dropped() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        do {
            let log = try EtcdFixture.log(["http://127.0.0.1:\(proxy.port)"])
            _ = try await log.look()
            #expect(proxy.linkCount == 1)
        }
        try await eventually("the connection is closed") { proxy.linkCount == 0 }
        try await proxy.close()
    }

    @Test("a member that is down at the start, or stays silent, costs a try; the others are asked")
    func downAtStart() async throws {
        let cluster = try await EtcdFixture.cluster()
        let silent = try await FaultyProxy.start(to: cluster.port(1))
        silent.swallow()
        let dead = "http://127.0.0.1:\(try TestBroker.freePort())"
        let log = try EtcdFixture.log([dead, "http://127.0.0.1:\(silent.port)", cluster.endpoint(2)], timeout: .seconds(5))
        var script = try await LogScript.begin(on: log)
        try await script.append(to: log)
        #expect(try await EtcdFixture.ids(log).count == 1)
        #expect(log.status == EtcdStatus())
        await log.shutdown()
        try await silent.close()
    }

    @Test("without a member reads fail and say why, writes wait and say for what, and both go on when one comes back")
    func allDown() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        let direct = try EtcdFixture.log(try await EtcdFixture.cluster().endpoints)
        let log = try EtcdFixture.log(
            ["http://127.0.0.1:\(proxy.port)"], site: direct.client.configuration.site, timeout: .milliseconds(300))
        var script = try await LogScript.begin(on: direct)
        let waiting = script
        try await proxy.refuseLinks()
        proxy.cut()
        let error = await EtcdFixture.error { _ = try await log.look() } as? EtcdError
        #expect(error?.code == .unreachable && error?.message.contains("\(proxy.port)") == true, "\(String(describing: error))")
        #expect(log.status.reads?.error.code == .unreachable)
        // Waiting ends with the task.
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var script = waiting
                let (entry, head, term) = (script.next(), script.head, script.term)
                let error = await EtcdFixture.error { try await log.append(entry, after: head, term: term ?? Term(0)) }
                #expect(error as? LogFailure == .cancelled)
                let other = await EtcdFixture.error { _ = try await log.takeOver(LogSight(), as: LogScript.claim("b")) }
                #expect(other is CancellationError)
            }
            try? await eventually("the append has failed several times") { (log.status.writes?.failures ?? 0) > 3 }
            #expect((log.status.writes?.failures ?? 0) > 3)
            group.cancelAll()
        }
        async let written: Void = EtcdFixture.append(waiting, to: log)
        try await eventually("the append waits") { log.status.writes != nil }
        try await proxy.acceptLinks()
        try await written
        #expect(log.status == EtcdStatus())
        script.head = LogHead(index: 1, seq: 1)
        try await script.append(to: log)
        #expect(try await EtcdFixture.ids(direct).count == 2)
        for log in [log, direct] { await log.shutdown() }
        try await proxy.close()
    }

    @Test("a follower whose connection is lost is told, and so is one whose member falls silent")
    func followerLost() async throws {
        let proxy = try await FaultyProxy.start(to: try await EtcdFixture.cluster().port(0))
        let log = try EtcdFixture.impatient("http://127.0.0.1:\(proxy.port)")
        var script = try await LogScript.begin(on: log)
        for fault in [{ proxy.cut() }, { proxy.swallow() }] {
            try await script.append(to: log)
            var follower = LogFollower(log.follow(after: 0), after: 0)
            try await follower.reach(script.head.index)
            fault()
            do {
                try await follower.reach(script.head.index + 1)
                Issue.record("the follower went on")
            } catch {
                #expect((error as? EtcdError)?.code == .unreachable, "\(error)")
            }
            try await proxy.heal()
        }
        await log.shutdown()
        try await proxy.close()
    }

    @Test("a follower of a log that stands still goes on when it moves again")
    func standstill() async throws {
        let log = try EtcdFixture.impatient(try await EtcdFixture.cluster().endpoint(1))
        var script = try await LogScript.begin(on: log)
        try await script.append(to: log)
        async let followed: LogEntry? = {
            var follower = LogFollower(log.follow(after: 0), after: 0)
            try await follower.reach(2)
            return follower.last
        }()
        let start = ContinuousClock.now
        try await eventually("the follower had to ask several times") { ContinuousClock.now > start + .seconds(1) }
        let entry = try await script.append(to: log)
        #expect(try await followed == entry)
        await log.shutdown()
    }

    @Test("a watch from a revision that was compacted says so, and a follower begins again from its index")
    func compacted() async throws {
        let cluster = try await EtcdFixture.cluster()
        let log = try EtcdFixture.log(cluster.endpoints)
        var script = try await LogScript.begin(on: log)
        for _ in 0..<5 { try await script.append(to: log) }
        let revision = try await log.page(after: 0, limit: 1).revision
        try await cluster.etcdctl("compaction", "\(revision)")
        let watch = try await log.client.watch(from: log.keys.entry(0), to: log.keys.endOfLog, revision: 1)
        var answer = try await watch.next()
        while answer.created && !answer.canceled { answer = try await watch.next() }
        #expect(answer.canceled && answer.compactRevision > 1)
        let follower = EtcdFollower(
            log, after: 0, watch: try await log.client.watch(from: log.keys.entry(0), to: log.keys.endOfLog, revision: 1))
        for index in UInt64(1)...5 { #expect(try await follower.next()?.index == index) }
        await log.shutdown()
    }

    @Test("what stands in etcd is what the documentation says")
    func keys() async throws {
        let (cluster, site) = (try await EtcdFixture.cluster(), "site-\(UUID().uuidString)")
        let log = try EtcdFixture.log(cluster.endpoints, site: site)
        var script = try await LogScript.begin(on: log)
        try await script.append(to: log)
        try await log.beat(term: script.currentTerm)
        try await log.register(NodeReport(node: "a", address: "https://a", version: "1", applied: 1, flushed: 1, beat: 1))
        let keys = try await cluster.etcdctl("get", "--prefix", "--keys-only", "tallywire/\(site)/").split(separator: "\n")
        let names = ["beat", "epoch", "head", "leader", "log/0000000000000001", "nodes/a"]
        #expect(keys.map(String.init) == names.map { "tallywire/\(site)/\($0)" })
        #expect(try await cluster.etcdctl("get", "--print-value-only", "tallywire/\(site)/head") == #"{"index":1,"seq":1}"# + "\n")
        // The term is the revision at which the leader was written.
        let leader = try await cluster.etcdctl("get", "--write-out", "fields", "tallywire/\(site)/leader")
        #expect(leader.contains("\"ModRevision\" : \(try script.currentTerm)"))
        await log.shutdown()
    }

    @Test("what no program of ours has written is reported as broken, with its key or its entry")
    func broken() async throws {
        let (cluster, site) = (try await EtcdFixture.cluster(), "site-\(UUID().uuidString)")
        let log = try EtcdFixture.log(cluster.endpoints, site: site)
        var script = try await LogScript.begin(on: log)
        for _ in 0..<3 { try await script.append(to: log) }
        try await cluster.etcdctl("put", "tallywire/\(site)/log/0000000000000002", "TWE")
        var error = await EtcdFixture.error { _ = try await log.entries(after: 0, limit: 9, maxBytes: 99) }
        #expect("\(error!)" == "the entry 2 is none of Tallywire's")
        try await cluster.etcdctl("del", "tallywire/\(site)/log/0000000000000002")
        error = await EtcdFixture.error { _ = try await log.entries(after: 0, limit: 9, maxBytes: 99_999) }
        #expect(error as? LogFailure == .broken("the entry 2 is missing, and a later one is there"))
        try await cluster.etcdctl("put", "tallywire/\(site)/head", "{}")
        error = await EtcdFixture.error { _ = try await log.look() }
        #expect("\(error!)".contains("the key “tallywire/\(site)/head” cannot be read"))
        await log.shutdown()
    }

    @Test("a probe tells of each member what it is, and why one does not answer")
    func probe() async throws {
        let cluster = try await EtcdFixture.cluster()
        let dead = "http://127.0.0.1:\(try TestBroker.freePort())"
        let log = try EtcdFixture.log(cluster.endpoints + [dead])
        let found = await log.probe()
        #expect(found.count == 4)
        for (endpoint, result) in zip(cluster.endpoints, found) {
            let probe = try result.get()
            #expect(probe.endpoint == endpoint && probe.version.hasPrefix("3.") && probe.hasLeader && probe.alarms.isEmpty)
            #expect(probe.databaseBytes >= probe.usedBytes && probe.usedBytes > 0)
        }
        #expect(throws: EtcdError.self) { try found[3].get() }
        guard case .failure(let error) = found[3] else { return }
        #expect(error.message.hasPrefix("\(dead): no connection: "))
        await log.shutdown()
    }

    @Test("a configuration that cannot be used is refused with what to do, and without what may be secret")
    func configuration() throws {
        func refusal(_ configuration: EtcdConfiguration) -> String {
            do {
                _ = try EtcdLog(configuration)
                return "none"
            } catch {
                return "\(error.code): \(error)"
            }
        }
        let one = ["http://127.0.0.1:2379"]
        #expect(refusal(.init(endpoints: [], site: "s")) == "misconfigured: there is no endpoint of etcd: name its members")
        for site in ["", "a/b", "ü", String(repeating: "s", count: 65)] {
            #expect(refusal(.init(endpoints: one, site: site)).contains("the site has to be 1 to 64 letters"))
        }
        #expect(refusal(.init(endpoints: one, site: String(repeating: "s", count: 64))) == "none")
        for endpoint in ["localhost:2379", "ftp://h", "http://", "http://user:secret@h", "http://h/path", "http://h?a=secret"] {
            let text = refusal(.init(endpoints: [endpoint], site: "s"))
            #expect(text.contains("http://HOST:PORT") && !text.contains("secret"), "\(endpoint): \(text)")
        }
        #expect(refusal(.init(endpoints: one, site: "s", tls: .init())).contains("use https://"))
        #expect(refusal(.init(endpoints: ["https://h"], site: "s", tls: .init(certificate: "c"))).contains("needs its key"))
        #expect(refusal(.init(endpoints: ["https://h"], site: "s", tls: .init(authority: "/no/file"))).contains("/no/file"))
        #expect(refusal(.init(endpoints: one, site: "s", requestTimeout: .zero)).contains("more than zero"))
        #expect(try EtcdEndpoint("http://[::1]:1").authority == "[::1]:1")
        #expect(try EtcdEndpoint("https://etcd").description == "https://etcd:2379")
    }
}

/// Counts from 0, from any thread.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
