import Foundation
import TallywireCluster
import TallywireTesting
import TestSupport
import Testing

@testable import EtcdLog

@Suite("Erasing the log in etcd", .enabled(if: EtcdCluster.isPossible, EtcdFixture.skipped), .timeLimit(.minutes(3)))
struct EraseTests {
    private func keys(_ cluster: EtcdCluster, _ prefix: String) async throws -> [String] {
        try await cluster.etcdctl("get", "--prefix", "--keys-only", prefix).split(separator: "\n").map(String.init)
    }

    /// A log with an entry, a beat, and a node that has reported.
    private func filled(_ log: EtcdLog) async throws -> LogScript {
        var script = try await LogScript.begin(on: log)
        try await script.append(to: log)
        try await log.beat(term: script.currentTerm)
        try await log.register(NodeReport(node: "a", address: "https://a", version: "1", applied: 1, flushed: 1, beat: 1))
        return script
    }

    @Test("everything of the site is gone, the leader is fenced, and a new log can begin")
    func erase() async throws {
        let (cluster, site) = (try await EtcdFixture.cluster(), "site-\(UUID().uuidString)")
        let log = try EtcdFixture.log(cluster.endpoints, site: site)
        let old = try await filled(log)
        #expect(try await keys(cluster, "tallywire/\(site)").count == 6)
        #expect(try await log.erase(epoch: "conformance"))
        #expect(try await keys(cluster, "tallywire/\(site)") == [])
        #expect(try await log.epoch() == nil)

        #expect(try await log.create(epoch: "new", head: old.head))
        var late = old
        let error = await EtcdFixture.error { try await late.append(to: log) }
        #expect(error as? LogFailure == .fenced)
        var script = LogScript()
        try await script.takeOver(log, as: "b")
        #expect(try await script.append(to: log).index == 2)
        await log.shutdown()
    }

    @Test("nothing of a site is touched whose name begins alike, or stands next in the order of names")
    func neighbours() async throws {
        let (cluster, site) = (try await EtcdFixture.cluster(), "site-\(UUID().uuidString)")
        let names = ["-", ".", "-1", ".1", "0", "0x", "1", "_", "a"].map { site + $0 } + [String(site.dropLast())]
        for name in names + [site] {
            let log = try EtcdFixture.log(cluster.endpoints, site: name)
            #expect(try await log.create(epoch: "same", head: LogHead()))
            await log.shutdown()
        }
        let (before, after) = ("tallywire/\(site)", "tallywire/\(site)0")
        for key in [before, after] { try await cluster.etcdctl("put", key, "of somebody else") }
        let all = try await keys(cluster, "tallywire/\(site.dropLast())")
        let own = all.filter { $0.hasPrefix("tallywire/\(site)/") }
        #expect(own.count == 2)
        let log = try EtcdFixture.log(cluster.endpoints, site: site)
        #expect(try await log.erase(epoch: "same"))
        #expect(try await keys(cluster, "tallywire/\(site.dropLast())") == all.filter { !own.contains($0) })
        await log.shutdown()
    }

    @Test("nothing is erased if the site has another epoch, or none")
    func anotherEpoch() async throws {
        let (cluster, site) = (try await EtcdFixture.cluster(), "site-\(UUID().uuidString)")
        let log = try EtcdFixture.log(cluster.endpoints, site: site)
        #expect(try await !log.erase(epoch: "conformance"))
        var script = try await filled(log)
        for epoch in ["another", "", "conformance2"] { #expect(try await !log.erase(epoch: epoch)) }
        #expect(try await keys(cluster, "tallywire/\(site)").count == 6)
        // Whoever leads goes on.
        try await script.append(to: log)
        await log.shutdown()
    }

    @Test("an erasure whose answer is lost is found made")
    func lostAnswer() async throws {
        let cluster = try await EtcdFixture.cluster()
        let proxy = try await LateDelivery.start(to: cluster.port(0))
        let log = try EtcdFixture.log([proxy.url, cluster.endpoint(1)], timeout: .seconds(5))
        _ = try await filled(log)
        proxy.meet(requestWith: log.keys.endOfAll, .unanswered)
        #expect(try await log.erase(epoch: "conformance"))
        #expect(proxy.hasMet)
        #expect(try await keys(cluster, "tallywire/\(log.client.configuration.site)") == [])
        await log.shutdown()
        try await proxy.close()
    }

    @Test("a copy of an erasure that arrives late does not erase the log that has begun since, even with the same epoch")
    func late() async throws {
        let cluster = try await EtcdFixture.cluster()
        let proxy = try await LateDelivery.start(to: cluster.port(0))
        let log = try EtcdFixture.log([proxy.url, cluster.endpoint(1)], timeout: .seconds(5))
        _ = try await filled(log)
        // The first try is held, and the other member carries out the second.
        proxy.meet(requestWith: log.keys.endOfAll, .held)
        #expect(try await log.erase(epoch: "conformance"))
        #expect(proxy.hasMet && proxy.heldBytes > 100)
        let new = try await filled(log)
        try await proxy.deliver()
        #expect(try await log.epoch() == "conformance")
        #expect(try await log.look().head == new.head)
        #expect(try await EtcdFixture.ids(log).count == 1)
        await log.shutdown()
        try await proxy.close()
    }
}
