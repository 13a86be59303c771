import Backoff
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// How a runner delivers events again that somebody asks for. The sink's position does not move with them.
///
/// A replay runs beside the deliveries of current events: each try of a replay takes its turn between two of them. While current events
/// cannot be delivered, the replay waits. While a replay cannot deliver, current events go on.
extension SinkRunner {
    private static let page = 1_000
    /// How often letters that were delivered are marked, at most: marking writes the whole file.
    private static let markPeriod = Duration.seconds(5)

    private var owner: DeadLetterFile.Owner { DeadLetterFile.Owner(sink: definition.name, epoch: journal.epoch) }

    /// Begins to deliver events again. Returns what will be delivered.
    public func replay(_ request: ReplayRequest) async throws -> Replay {
        let (replay, selection) = try await plan(request, state: .running)
        switch progress.withLock({ ($0.state, $0.lastError) }) {
        case (.disabled, let reason): throw ReplayRefusal.disabled(reason ?? "")
        case (.draining, _), (.stopped, _): throw ReplayRefusal.stopped
        default: break
        }
        try replays.begin(replay, selection)
        logger.notice(
            "Events are delivered to the sink again.",
            metadata: ["events": "\(replay.events)", "dead letters": "\(replay.isOfDeadLetters)"])
        return replay
    }

    /// Returns what a replay would deliver, and delivers nothing.
    public func planReplay(_ request: ReplayRequest) async throws -> Replay {
        var (replay, selection) = try await plan(request, state: .planned)
        guard !definition.filter.wantsAll else { return replay }
        var last: UInt64?
        while case let events = try await events(of: selection, after: last), let next = events.last {
            replay.filtered += UInt64(events.count { !definition.filter.wants($0) })
            last = next.seq
        }
        return replay
    }

    /// Cancels the replay that runs. Returns the last replay; `nil` if there was none.
    public func cancelReplay() -> Replay? { replays.cancel(at: clock()) }

    // MARK: Choosing

    private func plan(_ request: ReplayRequest, state: Replay.State) async throws -> (Replay, ReplayQueue.Selection) {
        guard definition.mode == .durable else { throw ReplayRefusal.notDurable }
        func plan(_ range: ClosedRange<UInt64>?, _ count: Int, isOfDeadLetters: Bool) -> Replay {
            Replay(state: state, isOfDeadLetters: isOfDeadLetters, range: range, events: UInt64(count), at: clock())
        }
        switch request.selection {
        case .deadLetters:
            var letters: [UInt64]
            do { letters = try await definition.deadLetters.undelivered(of: owner) } catch {
                throw ReplayRefusal.unreadable("\(error)")
            }
            if let to = request.to { letters.removeAll { $0 > to } }
            let range = letters.first.flatMap { first in letters.last.map { first...$0 } }
            return (plan(range, letters.count, isOfDeadLetters: true), .deadLetters(letters))
        case .events(let from):
            let (first, position) = (try await journal.range().first, self.position)
            if let from, from < first { throw ReplayRefusal.pruned(from: from, first: first) }
            let (begin, end) = (from ?? first, min(request.to ?? position, position))
            if let from, from > position { throw ReplayRefusal.ahead(from: from, position: position) }
            if let to = request.to, to < begin { throw ReplayRefusal.empty(from: begin, to: to) }
            guard begin <= end else { return (plan(nil, 0, isOfDeadLetters: false), .deadLetters([])) }
            return (plan(begin...end, Int(end - begin) + 1, isOfDeadLetters: false), .events(begin...end))
        }
    }

    /// The next events after `last`; none at the end.
    private func events(of selection: ReplayQueue.Selection, after last: UInt64?) async throws -> [EventEnvelope] {
        switch selection {
        case .events(let range):
            let last = last ?? range.lowerBound - 1
            guard last < range.upperBound else { return [] }
            return try await feed.events(after: last, limit: Self.page, maxBytes: 1 << 20).filter { $0.seq <= range.upperBound }
        case .deadLetters(let seqs):
            var events: [EventEnvelope] = []
            for seq in seqs.drop(while: { $0 <= last ?? 0 }).prefix(Self.page) { events.append(try await letter(seq)) }
            return events
        }
    }

    /// The event of a dead letter: from the journal, or from the letter if the journal no longer keeps the event.
    private func letter(_ seq: UInt64) async throws -> EventEnvelope {
        do {
            if let event = try await feed.events(after: seq - 1, limit: 1, maxBytes: 1).first { return event }
        } catch let error as JournalError where error.code == .pruned {
            if let event = try await definition.deadLetters.event(seq, of: owner) { return event }
        }
        throw SinkError.unavailable("the dead letter of event \(seq) is no longer in \(definition.deadLetters.path)")
    }

    // MARK: Delivering

    /// Carries out replays until the task is cancelled.
    func deliverReplays() async {
        for await work in replays.works { await work.stopper.run { await self.carryOut(work) } }
    }

    private func carryOut(_ work: ReplayQueue.Work) async {
        var round = ReplayRound(work: work)
        do {
            do {
                var last: UInt64?
                while case let events = try await events(of: work.selection, after: last), let next = events.last {
                    var rest = Undelivered(events, rejectAfter: definition.rejectAfter)
                    while !rest.events.isEmpty { try await offerOnce(&rest, &round) }
                    last = next.seq
                }
            } catch {
                try await mark(&round)
                throw error
            }
            try await mark(&round)
            end(work, .finished)
        } catch is CancellationError {
            end(work, .cancelled)
        } catch {
            end(work, .failed, because: "\(error)")
        }
    }

    private func end(_ work: ReplayQueue.Work, _ state: Replay.State, because reason: String? = nil) {
        replays.note(work) { replay in
            replay.lastError = reason ?? replay.lastError
            replay.end(state, at: clock())
        }
        guard let replay = replays.current else { return }
        logger.notice(
            "The replay has ended.",
            metadata: [
                "state": "\(replay.state.rawValue)", "delivered": "\(replay.delivered)", "refused": "\(replay.refused)",
                "reason": "\(reason ?? "")",
            ])
    }

    /// Offers the rest of a page once, and pauses if something of it was not taken.
    private func offerOnce(_ rest: inout Undelivered, _ round: inout ReplayRound) async throws {
        let records = rest.records(definition.filter)
        guard let last = rest.events.last else { return }
        if records.isEmpty { return note(rest.take(through: last.seq, definition.filter, Delivery()), &round) }
        var interruption: Interruption
        do {
            let attempt = round.failures + 1
            let delivery = try await turn.take {
                try stopper.checkStop()
                try round.work.stopper.checkStop()
                return try await offer(EventBatch(records: records, isReplay: true), attempt: attempt)
            }
            interruption = Interruption(through: last.seq, delivery: delivery, reason: "")
        } catch SinkError.delivered(through: let seq, because: let reason) {
            interruption = Interruption(through: seq, reason: reason)
        } catch SinkError.interrupted(let thrown) {
            interruption = thrown
        } catch let error as CancellationError {
            throw error
        } catch SinkError.disabled(let reason) {
            throw SinkError.disabled(reason)
        } catch {
            interruption = Interruption(reason: "\(error)")
        }
        try await settle(interruption, records, &rest, &round)
        if rest.events.isEmpty { return }
        round.failures += 1
        replays.note(round.work) { $0.lastError = interruption.reason }
        if let attempts = definition.attempts, round.failures >= attempts {
            throw SinkError.unavailable("given up after \(round.failures) tries: \(interruption.reason)")
        }
        try await mark(&round)
        try await sleep(max(definition.retry.pause(afterFailures: round.failures), interruption.after ?? .zero))
    }

    /// Counts what was taken and what was refused.
    private func settle(
        _ interruption: Interruption, _ records: [EventEnvelope], _ rest: inout Undelivered, _ round: inout ReplayRound
    ) async throws {
        let through = interruption.through ?? 0
        if round.marks {
            let rejected = Set(interruption.delivery.rejected.map(\.seq))
            round.delivered.formUnion(records.lazy.map(\.seq).filter { $0 <= through && !rejected.contains($0) })
        }
        try await bury(interruption.delivery.rejected, records, round)
        if let step = rest.take(through: through, definition.filter, interruption.delivery) {
            round.failures = 0
            note(step, &round)
        }
        let dead = rest.refuse(interruption.refusals)
        try await bury(dead, records, round)
        rest.bury(dead)
        if round.marks, round.markedAt.duration(to: .now) > Self.markPeriod { try await mark(&round) }
    }

    private func note(_ step: Undelivered.Step?, _ round: inout ReplayRound) {
        guard let step else { return }
        replays.note(round.work) { replay in
            replay.position = step.last.seq
            replay.filtered += UInt64(step.filtered)
            replay.refused += UInt64(step.rejected)
            replay.delivered += UInt64(step.count - step.filtered - step.rejected)
        }
    }

    /// Makes dead letters of events that were refused; those that are dead letters stay what they are.
    private func bury(_ rejected: [Delivery.Rejected], _ records: [EventEnvelope], _ round: ReplayRound) async throws {
        if let last = rejected.last { replays.note(round.work) { $0.lastError = last.reason } }
        if !round.marks { try await writeDeadLetters(rejected, among: records) }
    }

    private func mark(_ round: inout ReplayRound) async throws {
        round.markedAt = .now
        guard !round.delivered.isEmpty else { return }
        try await definition.deadLetters.markDelivered(round.delivered, of: owner, now: clock())
        round.delivered = []
    }
}

/// What a replay remembers between its tries.
private struct ReplayRound {
    let work: ReplayQueue.Work
    /// Whether the events are dead letters, which are marked once they are delivered.
    var marks: Bool { work.selection.isOfDeadLetters }
    var failures = 0
    /// Letters that were delivered and are not marked yet.
    var delivered: Set<UInt64> = []
    var markedAt = ContinuousClock.now

    init(work: ReplayQueue.Work) { self.work = work }
}
