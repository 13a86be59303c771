import Logging
import TallywireCore

/// Decides commands against the state and encodes their events. The only use of the disk is to look up earlier answers and serial
/// numbers.
///
/// The state may be ahead of the journal by two batches: the one that is being committed, and the one that is being gathered
/// meanwhile.
struct Writer: ~Copyable {
    private(set) var state: InventoryState
    let journal: any Journal
    private let clocks: EngineClock
    private let times: TimeRules
    /// ``TimeRules/lateness`` in milliseconds.
    private let lateness: Int64
    private let handling: HandlingNote.Slot?
    private let makeID: @Sendable (Timestamp) -> String
    private let logger: Logger
    /// What the clocks showed for the command that was decided last.
    private(set) var clock: EngineClock.Reading
    private var encoder = JSONWriter(capacity: 4_096)
    /// Whether the end of a reservation did not fit the state.
    private var isExpiryFaulty = false
    /// The time that has to have passed before reservations end again.
    private var expiryResumes: Int64 = 0

    init(
        state: InventoryState, journal: any Journal, clock: EngineClock, times: TimeRules,
        handling: HandlingNote.Slot?, logger: Logger, makeID: @escaping @Sendable (Timestamp) -> String
    ) {
        self.logger = logger
        self.state = state
        self.journal = journal
        clocks = clock
        self.clock = clock.read()
        self.times = times
        lateness = times.lateness.wholeMilliseconds
        self.handling = handling
        self.makeID = makeID
    }

    /// Commits the first event of an empty journal, which creates the location `MAIN`.
    mutating func createMain() throws -> [EventEnvelope] {
        lookAtClock()
        var batch = DecidedBatch()
        let submission = Submission([Command(source: "tallywire", action: .createLocation(.main))], in: nil) { _ in }
        decide(Inbox.Item(submission: submission, index: 0), into: &batch, after: nil)
        complete(&batch)
        if let rows = batch.rows(clock.mark) { try journal.append(rows) }
        return batch.events
    }

    /// Reads the clocks for the commands that are decided next.
    mutating func lookAtClock() { clock = clocks.read() }

    /// Decides a command as the next one of `batch`. `committing` is the batch before, whose answers are not in the journal yet.
    ///
    /// A plan that does not fit the state is a fault of the server. Its command is refused for good. The rest of the batch is
    /// undone and decided again, since the state may contain a part of that plan.
    mutating func decide(_ item: Inbox.Item, into batch: inout DecidedBatch, after committing: DecidedBatch?) {
        guard let fault = noted(item, into: &batch, after: committing) else { return }
        logger.critical(
            "The events of a command do not fit the state: a mistake in the server, report it. The command is rejected, nothing is applied.",
            metadata: [
                "command": "\(item.command.id?.excerpt ?? "")", "source": "\(item.command.source.excerpt)",
                "action": "\(String(describing: item.command.action).prefix { $0 != "(" })", "fault": "\(fault)",
            ])
        let before = batch.items.dropLast()
        let refusal = (outcome: batch.outcomes[before.endIndex], answer: batch.lastAnswer)
        decideAgain(before, into: &batch, after: committing)
        if let answer = refusal.answer { batch.add(answer) }
        batch.add(item, refusal.outcome)
    }

    /// Undoes a batch and decides these of its commands again. Their plans fitted before, so they fit again.
    private mutating func decideAgain(
        _ items: some Collection<Inbox.Item>, into batch: inout DecidedBatch, after committing: DecidedBatch?
    ) {
        undoGathered()
        batch = DecidedBatch()
        for item in items { _ = noted(item, into: &batch, after: committing) }
    }

    /// Decides a command while a note says that it is being handled.
    private mutating func noted(_ item: Inbox.Item, into batch: inout DecidedBatch, after committing: DecidedBatch?) -> FoldError? {
        guard let handling, let key = item.command.key else { return decideCommand(item, into: &batch, after: committing) }
        handling.begin(HandlingNote.mark(key))
        defer { handling.end() }
        return decideCommand(item, into: &batch, after: committing)
    }

    /// Returns why the plan did not fit the state, `nil` if it did.
    private mutating func decideCommand(
        _ item: Inbox.Item, into batch: inout DecidedBatch, after committing: DecidedBatch?
    ) -> FoldError? {
        if item.lane?.isUnwritten == true { return refuse(item, Self.behindFailure, &batch) }
        let command = item.command.inKeyForm()
        if let rejection = command.validate() { return refuse(item, rejection, &batch) }
        let now = clock.now
        let id = command.id ?? makeID(now)
        let key = Command.key(id: id, device: command.id == nil ? nil : command.device)
        let fingerprint = state.fingerprint(of: command.action)
        let circumstances: Circumstances
        do {
            if command.id != nil, let earlier = try batch.answer(to: key) ?? committing?.answer(to: key) ?? journal.answer(to: key)
            {
                batch.add(item, try earlier.repeated(as: fingerprint, id: id, nonce: command.nonce))
                return nil
            }
            if let rejection = times.rejection(of: command, now: clock.possible) { return refuse(item, rejection, &batch) }
            circumstances = Circumstances(
                repeatedSerials: try repeatedSerials(in: command, batch, after: committing),
                ended: try endedReservations(in: command, after: committing), reservationsEnd: clock.reservationsEnd,
                changesSinceCount: try changesSinceCount(in: command, batch, after: committing),
                changesOfCounted: try changesOfCounted(in: command, batch, after: committing),
                endedCount: try endedCount(in: command, after: committing),
                oldestLate: Timestamp(milliseconds: clock.possible.lowerBound.milliseconds - lateness),
                original: try original(of: command, batch, after: committing))
        } catch let rejection as Rejection {
            return refuse(item, rejection, &batch)
        } catch {
            item.lane?.refuseAtWriter()
            let message = "the journal cannot say what happened before to “\(id)”, so nothing was applied: \(error)"
            return refuse(item, Rejection(.unavailable, message), &batch)
        }
        let decision = state.decide(command, id: id, now: now, circumstances)
        note(serialsOf: decision, reversing: circumstances.original, in: &batch)
        encode(decision, into: &batch)
        let isFinal = if case .rejected(let rejection) = decision.outcome { rejection.code.isFinal } else { true }
        if isFinal {
            batch.add(
                StoredAnswer(
                    id: key, fingerprint: fingerprint, outcome: decision.outcome, timestamp: now,
                    asked: Self.record(of: command, decision.outcome), nonce: command.nonce))
        }
        if case .applied = decision.outcome, let original = circumstances.original { batch.note(reversalOf: original.key, by: id) }
        batch.add(item, decision.outcome)
        return decision.fault
    }

    private mutating func encode(_ decision: Decision, into batch: inout DecidedBatch) {
        for (index, event) in decision.events.enumerated() {
            encoder.removeAll()
            event.write(to: &encoder)
            batch.add(EventEnvelope(event, json: encoder.bytes, location: decision.location(ofAlertAt: index)))
        }
    }

    /// What a rejected movement asked, to be read back; `nil` for anything else.
    private static func record(of command: Command, _ outcome: Outcome) -> JSONValue? {
        guard case .rejected = outcome, case .move(let movement) = command.action else { return nil }
        return movement.record(of: command.source)
    }

    /// Refuses a command that was not planned.
    private func refuse(_ item: Inbox.Item, _ rejection: Rejection, _ batch: inout DecidedBatch) -> FoldError? {
        batch.add(item, .rejected(rejection))
        return nil
    }

    private static let behindFailure = Rejection(
        .unavailable,
        "the journal could not write what was handed in before this, so nothing was applied: hand both in again, in order")

    // MARK: Reservations

    /// The most reservations that end in one batch, so that commands wait for no longer than that takes.
    private static let expiryLimit = 500
    /// How long nothing ends after a commit failed.
    private static let expiryPause: Int64 = 1_000
    /// How often the clock is read while reservations are open.
    private static let expiryPeriod: Int64 = 1_000

    /// Ends the reservations whose time is over, in the order in which their times ended. They are events of `batch` without a
    /// command. Returns whether any ended.
    mutating func expireReservations(
        into batch: inout DecidedBatch, after committing: DecidedBatch?, upTo bytes: Int = .max
    ) -> Bool {
        guard state.nextToExpire() != nil, !isExpiryFaulty else { return false }
        lookAtClock()
        guard clock.mark.passed >= expiryResumes else { return false }
        let before = batch.expired
        while batch.expired < Self.expiryLimit, batch.bytes < bytes, let next = state.nextToExpire(),
            next.expiresAt <= clock.reservationsEnd
        {
            let decision = state.expire(next, id: makeID(clock.now), source: "tallywire", now: clock.now)
            if let fault = decision.fault {
                logger.critical(
                    "The events of a reservation's end do not fit the state: a mistake in the server, report it. No reservation ends any more until a restart.",
                    metadata: ["reservation": "\(next.id.excerpt)", "fault": "\(fault)"])
                isExpiryFaulty = true
                decideAgain(batch.items, into: &batch, after: committing)
                return false
            }
            encode(decision, into: &batch)
            batch.expired += 1
        }
        return batch.expired > before
    }

    /// Ends the reservations whose time is over, at most as many as one batch ends, and commits that. Returns the events; `nil` if
    /// there was nothing to end.
    mutating func commitExpiries() throws -> [EventEnvelope]? {
        var batch = DecidedBatch()
        guard expireReservations(into: &batch, after: nil) else { return nil }
        complete(&batch)
        if let rows = batch.rows(clock.mark) { try journal.append(rows) }
        return batch.events
    }

    /// Ends nothing for a while, since the journal could not write.
    mutating func postponeExpiry() { expiryResumes = clock.mark.passed + Self.expiryPause }

    /// How long the loop may wait before it looks for reservations whose time is over; `nil` if none is open.
    mutating func untilExpiry() -> Duration? {
        guard !isExpiryFaulty, let next = state.nextToExpire() else { return nil }
        let left = max(next.expiresAt.milliseconds - clock.reservationsEnd.milliseconds, expiryResumes - clock.mark.passed)
        return .milliseconds(min(max(left, 1), Self.expiryPeriod))
    }

    /// The reservations that a command names and that are not open, as far as the journal knows them.
    private func endedReservations(in command: Command, after committing: DecidedBatch?) throws -> [String: Reservation] {
        var ended: [String: Reservation] = [:]
        for id in command.action.reservations where ended[id] == nil && state.reservation(id) == nil {
            ended[id] = try committing?.endedReservation(id) ?? journal.endedReservation(id)
        }
        return ended
    }

    /// The count that a command names if it has ended, as far as the journal knows it.
    private func endedCount(in command: Command, after committing: DecidedBatch?) throws -> StockCount? {
        guard case .useCount(let use) = command.action, state.count(use.count) == nil else { return nil }
        return try committing?.endedCount(use.count) ?? journal.endedCount(use.count)
    }

    // MARK: Serial numbers

    /// The lines of a movement whose serial number was last counted in the same direction, with the `seq` of the event that counted
    /// it.
    private func repeatedSerials(
        in command: Command, _ batch: DecidedBatch, after committing: DecidedBatch?
    ) throws -> [Int: UInt64] {
        guard case .move(let movement) = command.action, movement.lines.contains(where: { $0.trace.serial != nil }) else {
            return [:]
        }
        var repeated: [Int: UInt64] = [:]
        for (index, line) in movement.lines.enumerated() {
            guard let serial = line.trace.serial, let direction = line.operation.direction,
                let variant = state.resolve(line.item)?.variant
            else { continue }
            let key = SerialCount.Key(variant: variant, serial: serial)
            let last = try batch.serialCount(of: key) ?? committing?.serialCount(of: key) ?? journal.serialCount(of: key)
            if let last, last.direction == direction { repeated[index] = last.seq }
        }
        return repeated
    }

    /// A unit whose repeated count is taken back is where the count before it had put the unit.
    private func note(serialsOf decision: Decision, reversing original: RecordedMovement?, in batch: inout DecidedBatch) {
        for event in decision.events {
            guard case .inventoryUpdated(let update) = event.body, let serial = update.trace.serial,
                let direction = update.stockChange?.operation.direction
            else { continue }
            let key = SerialCount.Key(variant: update.variantID, serial: serial)
            batch.add(original?.repeatedCounts[key] ?? SerialCount(key: key, direction: direction, seq: event.seq))
        }
    }

    /// Completes `batch`: commands that are decided from now on belong to the next one.
    mutating func complete(_ batch: inout DecidedBatch) {
        batch.changes = state.changes
        state.forgetChanges()
    }

    /// Gives the state away. The writer decides nothing more.
    mutating func takeState() -> InventoryState {
        defer { state = InventoryState() }
        return state
    }

    /// Undoes the changes of the batch that is being gathered.
    mutating func undoGathered() { state.undo(state.changes) }

    /// Undoes the changes of a complete batch, which is the last one that was not undone.
    mutating func undo(_ batch: DecidedBatch) {
        if let changes = batch.changes { state.undo(changes) }
    }
}

extension Command.Action {
    /// The reservations that the action is about, by id.
    fileprivate var reservations: [String] {
        switch self {
        case .move(let movement): movement.lines.compactMap(\.reservation)
        case .useReservation(let use): [use.reservation]
        case .endReservation(let id, _): [id]
        default: []
        }
    }
}

extension Decision {
    /// The location of the change that led to the alert of the total at `index`: the last change of the alert's variant before it.
    fileprivate func location(ofAlertAt index: Int) -> String? {
        guard case .stockAlert(let alert) = events[index].body, alert.scope == .total else { return nil }
        for event in events[..<index].reversed() {
            if case .inventoryUpdated(let update) = event.body, update.variantID == alert.variantID, let change = update.stockChange
            {
                return change.location
            }
        }
        return nil
    }
}

extension StoredAnswer {
    /// Returns what a later command with the same id gets: this answer if both commands mean the same, otherwise a conflict. A copy of
    /// the command, which has the same nonce, gets this answer as it was.
    func repeated(as other: CommandFingerprint, id: String, nonce copy: String? = nil) throws -> Outcome {
        guard fingerprint.means(other) else {
            return .rejected(
                Rejection(
                    .idempotencyConflict, "the id “\(id)” was used for something else: use a new id for each movement", field: "id")
            )
        }
        let outcome = try outcome
        guard case .applied(var receipt) = outcome, copy == nil || copy != nonce else { return outcome }
        receipt.status = .duplicate
        return .applied(receipt)
    }
}
