import TallywireCore

/// What the writer looks up for a reversal.
extension Writer {
    /// The applied command that `command` reverses; `nil` for a command that reverses nothing, or nothing that is known.
    func original(of command: Command, _ batch: DecidedBatch, after committing: DecidedBatch?) throws -> RecordedMovement? {
        guard case .reverse(let reversal) = command.action else { return nil }
        let memory = Memory(batch: batch, committing: committing, journal: journal)
        switch reversal.subject {
        case .movement(let id, let device): return try memory.movement(Command.key(id: id, device: device))
        case .last(let source, let device, let within):
            // A clock that has just jumped may be right before or after the jump. The doubt counts in the caller's favour.
            let since = clock.possible.lowerBound.advanced(by: .zero - within)
            guard let (seq, id) = try memory.newestChange(by: source, since: since) else { return nil }
            // The id is the device's if the device gave it, and else the journal's.
            for key in [Command.key(id: id, device: device), id] {
                if let movement = try memory.movement(key, with: seq) { return movement }
            }
            return nil
        }
    }
}

/// What happened before a command: in the batch that is gathered, in the one that is being committed, and in the journal.
private struct Memory {
    let batch: DecidedBatch
    let committing: DecidedBatch?
    let journal: any Journal

    /// The applied command with this key, if one of its changes is the event `seq`.
    func movement(_ key: String, with seq: UInt64? = nil) throws -> RecordedMovement? {
        guard let answer = try batch.answer(to: key) ?? committing?.answer(to: key) ?? journal.answer(to: key),
            case .applied(let receipt) = try answer.outcome, seq.map({ seq in receipt.lines.contains { $0.seq == seq } }) ?? true
        else { return nil }
        let events = try events(receipt.lines.map(\.seq))
        var repeatedSerials: [Int: UInt64] = [:]
        for (index, line) in receipt.lines.enumerated() { repeatedSerials[index] = line.repeatedSerial }
        return RecordedMovement(
            key: key, id: receipt.movementID,
            reversedBy: batch.reversal(of: key) ?? committing?.reversal(of: key) ?? answer.reversedBy,
            changes: events?.compactMap { event in
                if case .inventoryUpdated(let update) = event.body, update.stockChange != nil { update } else { nil }
            },
            reports: events?.filter { event in
                if case .countChanged(let change) = event.body { change.lines.contains { $0.quantity != nil } } else { false }
            } ?? [], at: answer.timestamp, repeatedSerials: repeatedSerials)
    }

    /// The events from the first to the last of these numbers; `nil` if they are no longer kept. They lie side by side, in one batch.
    private func events(_ seqs: [UInt64]) throws -> [Event]? {
        guard let first = seqs.first, let last = seqs.last else { return [] }
        let recent = [batch.events, committing?.events ?? []].first {
            $0.first.map { $0.seq <= first } ?? false && $0.last!.seq >= last
        }
        guard let events = try recent?.filter({ (first...last).contains($0.seq) }) ?? journal.events(first...last) else {
            return nil
        }
        return try events.map { try $0.event() }
    }

    /// The newest change of stock by `source`, and its movement's id.
    func newestChange(by source: String, since time: Timestamp) throws -> (seq: UInt64, movement: String)? {
        for event in [committing?.events ?? [], batch.events].joined().reversed() {
            guard event.timestamp >= time else { return nil }
            if let movement = try event.movement(of: source) { return (event.seq, movement) }
        }
        guard let event = try journal.newestChange(by: source, since: time, among: Limits.eventsPerUndo),
            let movement = try event.movement(of: source)
        else { return nil }
        return (event.seq, movement)
    }
}

extension EventEnvelope {
    /// The id of the movement by which `source` moved stock or counted in an open count with this event, and took nothing back; `nil`
    /// for any other event.
    public func movement(of source: String) throws -> String? {
        guard type == .inventoryUpdated || type == .countChanged else { return nil }
        return switch try event().body {
        case .inventoryUpdated(let update) where update.isMovement(of: source): update.movementID
        case .countChanged(let change) where change.isReport && change.by == source: change.movementID
        default: nil
        }
    }
}

extension RecordedMovement {
    /// By unit, the counts before those that the movement repeated.
    var repeatedCounts: [SerialCount.Key: SerialCount] {
        var counts: [SerialCount.Key: SerialCount] = [:]
        for (index, seq) in repeatedSerials {
            guard let update = changes?[index], let serial = update.trace.serial,
                let direction = update.stockChange?.operation.direction
            else { continue }
            let key = SerialCount.Key(variant: update.variantID, serial: serial)
            counts[key] = SerialCount(key: key, direction: direction, seq: seq)
        }
        return counts
    }
}
