/// How a node begins to lead, leads, and ends.
extension NodeMachine {
    mutating func claimed(_ term: Term?, _ now: Duration) -> [Effect] {
        guard case .candidate(let claim) = role else { return [] }
        watch = Watch()
        guard let term else {
            role = .follower
            return [read()]
        }
        leader = LogSight.Leader(claim: claim, term: term)
        role = .beginning(term)
        return [.append(.began(version: version))]
    }

    mutating func appended(_ result: Result<LogEntry, LogFailure>, _ now: Duration) -> [Effect] {
        switch (role, result) {
        case (.beginning(let term), .success(let entry)):
            applied = entry.index
            confirmed = now
            lastPulse = now
            if isStopping {
                role = .ending(term)
                return [.apply([entry]), .append(.ended)]
            }
            role = .leader(term)
            return [.apply([entry]), .startEngine(term)]
        case (.ending, .success(let entry)):
            applied = entry.index
            role = .stopped
            return [.apply([entry]), .stopped]
        case (.ending, .failure):
            // Others find out by the silence.
            role = .stopped
            return [.stopped]
        case (.beginning, .failure(.broken(let what))): return halt(what)
        case (.beginning, .failure): return follow()
        default: return []
        }
    }

    mutating func fenced() -> [Effect] {
        guard case .leader(let term) = role else { return [] }
        role = .resigning(term, isOrderly: false)
        return [.endEngine(isOrderly: false)]
    }

    mutating func engineEnded() -> [Effect] {
        switch role {
        case .resigning(let term, true):
            role = .ending(term)
            return [.append(.ended)]
        case .resigning, .leader: return follow()
        default: return []
        }
    }

    mutating func follow() -> [Effect] {
        if isStopping {
            role = .stopped
            return [.stopped]
        }
        role = .follower
        leader = nil
        watch = Watch()
        return [read()]
    }

    mutating func stop() -> [Effect] {
        guard !isStopping else { return [] }
        isStopping = true
        switch role {
        case .leader(let term):
            role = .resigning(term, isOrderly: true)
            return [.endEngine(isOrderly: true)]
        case .follower:
            role = .stopped
            return [.stopped]
        default: return []
        }
    }
}
