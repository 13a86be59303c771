import TallywireCluster

/// What one member of etcd says of itself, for people who check a configuration.
public struct EtcdProbe: Equatable, Sendable {
    public let endpoint: String
    /// etcd's version.
    public let version: String
    /// The bytes of the database on disk, and those that are in use. The difference comes back when the member is defragmented.
    public let databaseBytes: Int
    public let usedBytes: Int
    /// At how many bytes the database is full; `nil` if the member does not say, as before etcd 3.6.
    public let quotaBytes: Int?
    /// Whether the member knows a leader of etcd, so that it can answer.
    public let hasLeader: Bool
    /// What else the member complains about, such as `NOSPACE`.
    public let alarms: [String]
}

extension EtcdLog {
    /// Asks each member by itself: first of its state, then for the site's keys. Returns one result for each endpoint, in their order.
    public func probe() async -> [Result<EtcdProbe, EtcdError>] {
        await withTaskGroup(of: (Int, Result<EtcdProbe, EtcdError>).self) { group in
            for member in client.members.indices {
                group.addTask {
                    do throws(EtcdError) {
                        return (member, .success(try await self.probe(member)))
                    } catch {
                        return (member, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func probe(_ member: Int) async throws(EtcdError) -> EtcdProbe {
        let status = try await client.memberStatus(member)
        let probe = EtcdProbe(
            endpoint: client.members[member].description, version: status.version, databaseBytes: Int(status.dbSize),
            usedBytes: Int(status.dbSizeInUse), quotaBytes: status.dbSizeQuota > 0 ? Int(status.dbSizeQuota) : nil,
            hasLeader: status.leader != 0, alarms: status.errors)
        // Whether the node may read here, and whether a majority answers, no status tells.
        if probe.hasLeader { _ = try await client.read(.init([.get(keys.epoch)]), at: member) }
        return probe
    }
}
