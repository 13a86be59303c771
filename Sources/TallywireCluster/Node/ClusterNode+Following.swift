import Logging
import TallywireEngine

/// How a node follows the log, and keeps connected to the leader.
extension ClusterNode {
    /// The time from one try to reach the leader to the next.
    private static let connectPause: Duration = .milliseconds(200)
    private static let (pageLimit, pageBytes) = (100, 8 << 20)

    /// Reads what this node does not have, and then follows the log for as long as another node leads.
    func follow() async {
        do {
            while machine.role == .follower {
                let entries = try await log.entries(after: machine.applied, limit: Self.pageLimit, maxBytes: Self.pageBytes)
                handle(.received(entries))
                if entries.isEmpty { break }
            }
            guard !isFollowing, machine.role == .follower else { return }
            isFollowing = true
            defer { isFollowing = false }
            for try await entry in log.follow(after: machine.applied) {
                handle(.received([entry]))
                guard machine.role == .follower else { return }
            }
        } catch LogFailure.trimmed {
            handle(.trimmed)
        } catch let failure as LogEntryCodec.Failure {
            // Reading it again would show the same.
            if machine.role == .follower { handle(.failed("\(failure)")) }
        } catch let failure as LogFailure {
            if machine.role == .follower { handle(.failed("\(failure)")) }
        } catch {
            logger.debug("The log of the cluster cannot be read.", metadata: ["error": "\(error)"])
            handle(.readFailed)
        }
    }

    func apply(_ entries: [LogEntry]) {
        do {
            for entry in entries { try applier.apply(entry) }
            gateway.applied()
        } catch {
            handle(.failed("\(error)"))
        }
    }

    /// Keeps the gateway connected to the leader.
    func connect() {
        guard engine == nil, !isConnecting, lastConnect.map({ ContinuousClock.now - $0 >= Self.connectPause }) ?? true else {
            return
        }
        guard let leader = machine.leader, leader.claim.node != configuration.node else {
            if gateway.isConnected { gateway.disconnect() }
            return
        }
        guard connected != leader.term || !gateway.isConnected else { return }
        isConnecting = true
        lastConnect = .now
        spawn { await self.connect(to: leader) }
    }

    func connect(to leader: LogSight.Leader) async {
        do {
            try await gateway.connect(to: leader.claim, by: connector)
            connected = leader.term
        } catch {
            logger.debug("The leader cannot be reached.", metadata: ["leader": "\(leader.claim.node)", "error": "\(error)"])
        }
        isConnecting = false
        // The node may have begun to lead meanwhile, and decides itself then.
        if let engine { gateway.lead(with: forwardedCommands(to: engine)) }
    }
}
