import Foundation
import TallywireCluster
import TallywireConfiguration
import TallywireTesting
import TestSupport
import Testing

@testable import EtcdLog

@Suite("Access to etcd", .enabled(if: EtcdCluster.isPossible, EtcdFixture.skipped), .timeLimit(.minutes(3)))
struct EtcdAccessTests {
    /// A folder with `server.pem` and `server.key`.
    private struct Identity {
        let folder: TemporaryFolder
        let certificate: String
        let key: String

        init(_ name: String = "localhost") throws {
            folder = try TemporaryFolder()
            (certificate, key) = try TestCertificate(name: name).write(into: URL(fileURLWithPath: folder.path))
        }
    }

    /// A member that lets in who has the certificate `identity`, with which it shows itself, too.
    private func cluster(_ identity: Identity) async throws -> EtcdCluster {
        let cluster = try EtcdCluster(
            members: 1, tls: .init(certificate: identity.certificate, key: identity.key, authority: identity.certificate))
        try await cluster.waitUntilHealthy()
        return cluster
    }

    @Test("with certificates on both sides everything works, and without the right ones the error and the status say so")
    func certificates() async throws {
        let (known, stranger) = (try Identity(), try Identity())
        let cluster = try await cluster(known)
        let log = try EtcdFixture.log(
            cluster.endpoints, tls: .init(authority: known.certificate, certificate: known.certificate, key: known.key))
        var script = try await LogScript.begin(on: log)
        var follower = LogFollower(log.follow(after: 0), after: 0)
        for bytes in [100, 200_000] {
            try await script.append(to: log, bytes: bytes)
            try await follower.reach(script.head.index)
        }
        await log.shutdown()

        let wrong: [(TLSFiles?, String)] = [
            (nil, "CERTIFICATE_VERIFY_FAILED"),
            (.init(authority: stranger.certificate, certificate: known.certificate, key: known.key), "CERTIFICATE_VERIFY_FAILED"),
            (.init(authority: known.certificate), "CERTIFICATE"),
            (.init(authority: known.certificate, certificate: stranger.certificate, key: stranger.key), "CERTIFICATE"),
        ]
        for (tls, text) in wrong {
            let log = try EtcdFixture.log(cluster.endpoints, tls: tls)
            let error = await EtcdFixture.error { _ = try await log.look() } as? EtcdError
            #expect(error?.message.uppercased().contains(text) == true, "\(String(describing: error))")
            #expect(log.status.reads?.error == error)
            guard case .failure(let probed)? = await log.probe().first else {
                Issue.record("the probe succeeded")
                continue
            }
            #expect(probed.message.uppercased().contains(text), "\(probed)")
            await log.shutdown()
        }
        // A plain connection where TLS is spoken.
        let plain = try EtcdFixture.log([cluster.endpoint(0).replacing("https", with: "http")])
        #expect((await EtcdFixture.error { _ = try await plain.look() } as? EtcdError)?.code == .unreachable)
        await plain.shutdown()
    }

    @Test("a node whose user may not use the site's keys is told, and what it appends waits until it may")
    func roles() async throws {
        let identity = try Identity()
        let cluster = try await cluster(identity)
        let log = try EtcdFixture.log(
            cluster.endpoints, tls: .init(authority: identity.certificate, certificate: identity.certificate, key: identity.key))
        let site = log.client.configuration.site
        var script = try await LogScript.begin(on: log)
        try await cluster.etcdctl("role", "add", "root")
        try await cluster.etcdctl("user", "add", "root:secret")
        try await cluster.etcdctl("user", "grant-role", "root", "root")
        try await cluster.etcdctl("user", "add", "localhost:other")
        try await cluster.etcdctl("auth", "enable")
        let error = await EtcdFixture.error { _ = try await log.look() } as? EtcdError
        #expect(error?.code == .forbidden && error?.message.contains("permission denied") == true, "\(String(describing: error))")
        let waiting = script
        async let written: Void = EtcdFixture.append(waiting, to: log)
        try await eventually("the append waits") { log.status.writes?.error.code == .forbidden }
        let (root, prefix) = ("root:secret", "tallywire/\(site)/")
        try await cluster.etcdctl("--user", root, "role", "add", "tallywire")
        try await cluster.etcdctl("--user", root, "role", "grant-permission", "--prefix=true", "tallywire", "readwrite", prefix)
        try await cluster.etcdctl("--user", root, "user", "grant-role", "localhost", "tallywire")
        try await written
        script.head = LogHead(index: 1, seq: 1)
        try await script.append(to: log)
        #expect(try await EtcdFixture.ids(log).count == 2)
        #expect(log.status == EtcdStatus())
        await log.shutdown()
    }
}
