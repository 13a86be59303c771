import Foundation
import TallywireCluster
import TallywireConfiguration
import TallywireTesting
import TestSupport
import Testing

@testable import EtcdLog

/// What the tests of ``EtcdLog`` begin with.
enum EtcdFixture {
    static let skipped: Comment = "needs etcd and etcdctl: scripts/install-dependencies.sh tests"

    /// Three members for the tests that leave them alone, each under a site of its own.
    ///
    /// They have no new election only because the machine is busy.
    private static let shared = Result { try EtcdCluster(members: 3, "--heartbeat-interval", "500", "--election-timeout", "5000") }

    static func cluster() async throws -> EtcdCluster {
        let cluster = try shared.get()
        try await cluster.waitUntilHealthy()
        return cluster
    }

    /// A log. Unless a test is about `timeout`, a busy machine shall not be one.
    static func log(
        _ endpoints: [String], site: String = UUID().uuidString, tls: TLSFiles? = nil, timeout: Duration = .seconds(20)
    ) throws -> EtcdLog {
        try EtcdLog(EtcdConfiguration(endpoints: endpoints, site: site, tls: tls, requestTimeout: timeout))
    }

    /// A log that soon asks a member for a sign of life, and waits for it.
    static func impatient(_ endpoint: String) throws -> EtcdLog {
        try EtcdLog(
            EtcdConfiguration(
                endpoints: [endpoint], site: UUID().uuidString, requestTimeout: .seconds(5),
                followTimeout: .milliseconds(200)))
    }

    /// Appends the next entry of a leader that stays as it is.
    static func append(_ script: LogScript, to log: EtcdLog) async throws {
        var script = script
        try await script.append(to: log)
    }

    /// The ids of all entries, in order.
    static func ids(_ log: EtcdLog, after index: UInt64 = 0) async throws -> [String] {
        var ids: [String] = []
        while true {
            let entries = try await log.entries(after: index + UInt64(ids.count), limit: 1_000, maxBytes: 8 << 20)
            guard !entries.isEmpty else { return ids }
            ids += entries.map(\.id)
        }
    }

    /// What `body` throws.
    static func error(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
