import Logging
import Synchronization
import TallywireEngine

/// What a node says about itself, and what it does for the log while it leads.
extension ClusterNode {
    /// Says how far this node is, and what of that is on its disk.
    func report() async {
        guard !isReporting else { return }
        isReporting = true
        defer { isReporting = false }
        await flush()
        // A node that has ended may be removed at once, and must not come back.
        guard !isOver else { return }
        reports += 1
        let report = NodeReport(
            node: configuration.node, address: configuration.address, version: configuration.version, applied: machine.applied,
            flushed: flushed, lag: lag, beat: reports)
        do {
            try await log.register(report)
            let all = try await log.nodes()
            view.withLock { $0.update(all, at: .now) }
        } catch {
            logger.debug("This node could not report to the cluster.", metadata: ["error": "\(error)"])
        }
    }

    private func flush() async {
        do {
            flushed = max(flushed, try await journal.flush())
            isFlushFailing = false
        } catch {
            if !isFlushFailing, !isOver {
                logger.error(
                    "The journal cannot be flushed. The cluster's log keeps what this node may not have on its disk, up to its limit.",
                    metadata: ["error": "\(error)"])
            }
            isFlushFailing = true
        }
    }

    /// Chooses the format of entries, and trims the log. One call at a time.
    func keepLog() async {
        guard engine != nil, let appends, !isKeepingLog else { return }
        isKeepingLog = true
        defer { isKeepingLog = false }
        do {
            try await appends.keepLog()
            isKeepingFailing = false
        } catch LogFailure.fenced {
            if appends === self.appends { handle(.fenced) }
        } catch {
            // Once for all tries in a row.
            if !isKeepingFailing, !isOver {
                logger.warning(
                    "The log of the cluster could not be trimmed. It grows until that succeeds; this node tries again.",
                    metadata: ["error": "\(error)"])
            }
            isKeepingFailing = true
        }
    }
}
