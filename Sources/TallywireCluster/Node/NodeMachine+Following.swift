/// How a node follows the log, and finds out that nobody leads.
extension NodeMachine {
    mutating func tick(_ now: Duration) -> [Effect] {
        switch role {
        case .leader(let term):
            guard !isBeating, now - lastPulse >= timing.beat else { return [] }
            isBeating = true
            lastPulse = now
            return [.beat(term)]
        case .follower:
            guard !watch.isLooking, !isCopying, now - watch.lastLook >= timing.look || watch.sight == nil else { return [] }
            watch.isLooking = true
            watch.lastLook = now
            watch.applied = applied
            return [.look]
        default: return []
        }
    }

    mutating func read() -> Effect {
        isReading = true
        return .read(after: applied)
    }

    mutating func received(_ entries: [LogEntry]) -> [Effect] {
        isReading = false
        guard !isCopying, role == .follower else { return [] }
        var next: [LogEntry] = []
        for entry in entries where entry.index > applied {
            guard entry.index == applied + 1 else { break }
            next.append(entry)
            applied = entry.index
            head = max(head, applied)
            if case .ended = entry.content { endedTerm = entry.term }
        }
        if !next.isEmpty { return [.apply(next)] }
        // What begins too late shows that something is missing.
        return entries.contains { $0.index > applied } ? [read()] : []
    }

    mutating func trimmed() -> [Effect] {
        isReading = false
        guard role == .follower, !isCopying else { return [] }
        isCopying = true
        return [.copy]
    }

    mutating func looked(_ sight: LogSight?, _ now: Duration) -> [Effect] {
        watch.isLooking = false
        guard role == .follower else { return [] }
        guard let sight else {
            // A log that does not answer the leader either says nothing about the leader.
            watch.looks = 0
            watch.since = max(watch.since, now - timing.silence / 2)
            return []
        }
        guard sight.head.index >= watch.applied else {
            return halt(
                "the log ends with entry \(sight.head.index), and this node has applied entry \(watch.applied): the log was put back "
                    + "to an earlier state, or made anew. “tallywire cluster recover” makes this node's journal the beginning of a new log"
            )
        }
        leader = sight.leader
        head = max(head, sight.head.index)
        if watch.sight == sight {
            watch.looks += 1
        } else {
            watch.sight = sight
            watch.since = now
            watch.looks = 1
        }
        guard applied >= sight.head.index else { return isReading ? [] : [read()] }
        let isSilent = watch.looks >= timing.looks && now - watch.since >= timing.silence
        let hasNoLeader = sight.leader == nil || endedTerm != nil && sight.leader?.term == endedTerm
        guard !isStopping, isSilent || hasNoLeader else { return [] }
        let claim = LeaderClaim(node: node, address: address, id: makeID())
        role = .candidate(claim)
        return [.claim(sight, as: claim)]
    }
}
