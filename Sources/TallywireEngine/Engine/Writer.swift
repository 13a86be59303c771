import TallywireCore

/// What the engine's thread does with a batch: decide each command in turn, encode, append, or take everything back.
struct Writer: ~Copyable {
    private var state: InventoryState
    private let journal: any Journal
    private let clock: @Sendable () -> Timestamp
    private let makeID: @Sendable (Timestamp) -> String
    private var lastTimestamp = Timestamp(milliseconds: .min)
    private var encoder = JSONWriter(capacity: 4_096)

    struct Result {
        var events: [EventEnvelope] = []
        /// One for each command, in order.
        var outcomes: [Outcome] = []
        var wroteBatch = false
    }

    init(
        state: InventoryState, journal: any Journal, clock: @escaping @Sendable () -> Timestamp,
        makeID: @escaping @Sendable (Timestamp) -> String
    ) {
        self.state = state
        self.journal = journal
        self.clock = clock
        self.makeID = makeID
    }

    /// What the first start writes into an empty journal.
    static var creationOfMain: Command { Command(source: "tallywire", action: .createLocation(.main)) }

    /// Decides `commands` in order and commits what they cause as one. If it throws, nothing has happened.
    mutating func commit(_ commands: some Collection<Command>) throws -> Result {
        let now = max(clock(), lastTimestamp)
        let start = state.seq
        var result = Result()
        result.outcomes.reserveCapacity(commands.count)
        result.events.reserveCapacity(commands.count)
        var answers = Answers(journal: journal, count: commands.count)
        do {
            for command in commands { result.outcomes.append(try decide(command, now, &result.events, &answers)) }
            guard !answers.new.isEmpty || !result.events.isEmpty else { return result }
            try journal.append(
                JournalBatch(events: result.events, answers: answers.new, changes: state.changes, timestamp: now))
        } catch {
            state.rollBack(to: start)
            throw error
        }
        state.forgetChanges()
        lastTimestamp = now
        result.wroteBatch = true
        return result
    }

    private mutating func decide(
        _ command: Command, _ now: Timestamp, _ events: inout [EventEnvelope], _ answers: inout Answers
    ) throws -> Outcome {
        if let rejection = command.validate() { return .rejected(rejection) }
        let id = command.id ?? makeID(now)
        let fingerprint = state.fingerprint(of: command.action)
        if command.id != nil, let earlier = try answers.answer(to: id) { return earlier.repeated(as: fingerprint) }
        let decision = state.decide(command, id: id, now: now)
        for event in decision.events {
            encoder.removeAll()
            event.write(to: &encoder)
            events.append(EventEnvelope(event, json: encoder.bytes))
        }
        let isFinal = if case .rejected(let rejection) = decision.outcome { rejection.code.isFinal } else { true }
        if isFinal {
            answers.add(StoredAnswer(id: id, fingerprint: fingerprint, outcome: decision.outcome, timestamp: now))
        }
        return decision.outcome
    }
}

/// The answers that a batch can know: its own and the journal's.
private struct Answers {
    let journal: any Journal
    private(set) var new: [StoredAnswer] = []
    private var positions: [String: Int] = [:]

    init(journal: any Journal, count: Int) {
        self.journal = journal
        new.reserveCapacity(count)
        positions.reserveCapacity(count)
    }

    func answer(to id: String) throws -> StoredAnswer? {
        if let position = positions[id] { return new[position] }
        return try journal.answer(to: id)
    }

    mutating func add(_ answer: StoredAnswer) {
        positions[answer.id] = new.count
        new.append(answer)
    }
}

extension StoredAnswer {
    /// What a command with the same id gets: this answer again if it means the same, a conflict if it means something else.
    func repeated(as other: CommandFingerprint) -> Outcome {
        guard fingerprint.means(other) else {
            return .rejected(
                Rejection(
                    .idempotencyConflict, "the id “\(id)” was used for something else: use a new id for each movement", field: "id")
            )
        }
        guard case .applied(var receipt) = outcome else { return outcome }
        receipt.status = .duplicate
        return .applied(receipt)
    }
}
