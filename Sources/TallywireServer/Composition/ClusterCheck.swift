import ClusterHTTP
import EtcdLog
import Foundation
import NIOCore
import PipelineHost
import SQLiteJournal
import TallywireCluster
import TallywireConfiguration

/// The trials of `check --connect` for a node of a cluster: whether it could start now.
struct ClusterCheck {
    let settings: PipelineConfiguration
    let cluster: ClusterSettings

    /// Returns what would keep the node from starting or the cluster from working, at its position in the file. Asks etcd, and the other
    /// nodes if this one would have to copy a journal. Writes nothing.
    func problems() async -> [ConfigurationDiagnostic] {
        let log: EtcdLog
        do {
            log = try EtcdLog(cluster.etcd)
        } catch {
            return [problem("tls", error.message)]
        }
        let problems = await problems(of: log)
        await log.shutdown()
        return problems
    }

    private func problems(of log: EtcdLog) async -> [ConfigurationDiagnostic] {
        let probes = await log.probe()
        let problems = probes.enumerated().flatMap { number, probe in
            Self.complaints(probe).map { settings.diagnostic(at: "cluster", "endpoints", "\(number)", message: "cluster: \($0)") }
        }
        let canAnswer = probes.contains { (try? $0.get())?.hasLeader == true }
        // What no member can be asked needs no problem of its own.
        guard canAnswer else { return problems }
        do {
            return try await problems + journalProblems(log)
        } catch {
            return problems + [problem(message: "etcd cannot be read: \(error)")]
        }
    }

    /// What is wrong with a member of etcd.
    static func complaints(_ probe: Result<EtcdProbe, EtcdError>) -> [String] {
        switch probe {
        case .failure(let error): [error.message]
        case .success(let member) where !member.hasLeader:
            ["\(member.endpoint) knows no leader of etcd: a majority of its members has to run and to be reachable"]
        case .success(let member):
            member.alarms.map { alarm in
                let text = alarm.trimmingCharacters(in: .whitespaces)
                return "\(member.endpoint) raises an alarm: \(text)\(remedy(text))"
            }
        }
    }

    private static func remedy(_ alarm: String) -> String {
        guard alarm.contains("NOSPACE") else { return "" }
        return
            ": nothing can be written. Run etcdctl defrag on each member, then etcdctl alarm disarm, or raise --quota-backend-bytes"
    }

    // MARK: The journal

    private func journalProblems(_ log: EtcdLog) async throws -> [ConfigurationDiagnostic] {
        guard let epoch = try await log.epoch() else {
            return [
                problem(
                    "site",
                    "there is no cluster “\(cluster.site)” in etcd yet: make one of the journal of one node with `tallywire cluster init`, there"
                )
            ]
        }
        guard let own = SQLiteJournal.epoch(at: settings.journal.path) else { return try await copyProblems(log) }
        guard own != epoch else { return [] }
        return [
            settings.diagnostic(
                at: "journal", "path",
                message:
                    "journal: \(settings.journal.path) has the epoch \(own), and the cluster “\(cluster.site)” has \(epoch): it is the "
                    + "journal of another cluster or of a single server. Give this node an empty folder, and it copies another node"
            )
        ]
    }

    /// A node without a journal copies another one, so another one has to answer.
    private func copyProblems(_ log: EtcdLog) async throws -> [ConfigurationDiagnostic] {
        let others = try await log.nodes().filter { $0.node != cluster.node }
        guard !others.isEmpty else {
            return [
                problem(
                    "node",
                    "this node has no journal yet and would copy another one, and no other node has reported to etcd: start one that has a journal"
                )
            ]
        }
        let peers: PeerClient
        do {
            peers = try PeerClient(cluster)
        } catch {
            return [problem("tls", "a file cannot be read as PEM: \(error)")]
        }
        var failures: [String] = []
        for other in others {
            do {
                let answer = try await peers.ask("GET", "/health/live", of: other.address, authorization: nil, body: ByteBuffer())
                if answer.status == 200 {
                    failures = []
                    break
                }
                failures.append("\(other.node) at \(other.address) answered \(answer.status)")
            } catch {
                failures.append("\(other.node) at \(other.address): \(error)")
            }
        }
        // What fails here is a connection that is gone.
        try? await peers.shutdown()
        guard !failures.isEmpty else { return [] }
        return [
            problem(
                "node",
                "this node has no journal yet and would copy another one, and no other node answers: "
                    + failures.joined(separator: "; "))
        ]
    }

    private func problem(_ key: String? = nil, message: String) -> ConfigurationDiagnostic {
        guard let key else { return settings.diagnostic(at: "cluster", message: "cluster: \(message)") }
        return settings.diagnostic(at: "cluster", key, message: "cluster: \(message)")
    }

    private func problem(_ key: String, _ message: String) -> ConfigurationDiagnostic { problem(key, message: message) }
}
