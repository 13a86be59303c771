import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// How a runner gets a batch to its sink: it offers the events until each is taken or is a dead letter.
extension SinkRunner {
    /// Delivers `events`. Throws `SinkError.disabled` or `CancellationError`, and nothing else.
    func deliver(_ events: [EventEnvelope]) async throws {
        var rest = Undelivered(events, rejectAfter: definition.rejectAfter)
        while let last = rest.events.last {
            let records = rest.records(definition.filter)
            if records.isEmpty { return await advance(&rest, through: last.seq, Delivery()) }
            do {
                let delivery = try await offer(EventBatch(records: records), attempt: progress.withLock { $0.failures } + 1)
                try await writeDeadLetters(delivery.rejected, among: records)
                return await advance(&rest, through: last.seq, delivery)
            } catch SinkError.delivered(through: let seq, because: let reason) {
                try await handle(Interruption(through: seq, reason: reason), of: &rest, records)
            } catch SinkError.interrupted(let interruption) {
                try await handle(interruption, of: &rest, records)
            } catch SinkError.disabled(let reason) {
                throw SinkError.disabled(reason)
            } catch {
                let failures = progress.withLock { $0.failures } + 1
                if let attempts = definition.attempts, failures >= attempts, !(error is CancellationError) {
                    let rejected = records.map {
                        Delivery.Rejected(seq: $0.seq, reason: "given up after \(failures) tries: \(error)")
                    }
                    note(error)
                    try await keepTrying { try await writeDeadLetters(rejected, among: records) }
                    return await advance(&rest, through: last.seq, Delivery(rejected: rejected))
                }
                try await pause(after: error, what: Self.failed)
            }
        }
    }

    private static let failed: Logger.Message = "A delivery to the sink failed. The server tries again after a pause."

    /// Calls the sink, and notes the try unless the sink does so itself.
    func offer(_ batch: EventBatch, attempt: Int) async throws -> Delivery {
        try await untilOwner()
        guard definition.mode == .durable, !definition.sink.notesDeliveries, let last = batch.records.last else {
            return try await definition.sink.deliver(batch)
        }
        let (at, begin) = (clock(), ContinuousClock.now)
        func note(_ status: DeliveryLog.Status, _ error: (any Error)? = nil) {
            deliveries.note(
                DeliveryLog.Attempt(
                    seq: last.seq, events: batch.records.count, at: at, status: status, duration: begin.duration(to: .now),
                    attempt: attempt, error: error.map { "\($0)" }))
        }
        do {
            let delivery = try await definition.sink.deliver(batch)
            note(.delivered)
            return delivery
        } catch {
            if !(error is CancellationError) { note(.failed, error) }
            throw error
        }
    }

    /// Moves on past what was taken, makes dead letters of what was refused too often, and pauses if something is left.
    private func handle(_ interruption: Interruption, of rest: inout Undelivered, _ records: [EventEnvelope]) async throws {
        try await keepTrying { try await writeDeadLetters(interruption.delivery.rejected, among: records) }
        if let through = interruption.through { await advance(&rest, through: through, interruption.delivery) }
        let dead = rest.refuse(interruption.refusals)
        if !dead.isEmpty {
            try await keepTrying { try await writeDeadLetters(dead, among: records) }
            rest.bury(dead)
        }
        guard !rest.events.isEmpty else { return }
        try await pause(after: SinkError.unavailable(interruption.reason), least: interruption.after, what: Self.failed)
    }

    /// Repeats `body`, with pauses, until it succeeds: for a file of dead letters that cannot be written now.
    private func keepTrying(_ body: () async throws -> Void) async throws {
        while true {
            do { return try await body() } catch {
                try await pause(after: error, what: "The dead letters cannot be written. The server tries again after a pause.")
            }
        }
    }

    private func advance(_ rest: inout Undelivered, through seq: UInt64, _ delivery: Delivery) async {
        guard let step = rest.take(through: seq, definition.filter, delivery) else { return }
        progress.withLock {
            $0.advance(
                through: step.last.seq, at: step.last.timestamp, filtered: step.filtered, merged: step.merged,
                rejected: step.rejected)
        }
        guard definition.mode == .durable else { return }
        do {
            try await journal.storeCursor(step.last.seq, of: definition.name)
        } catch {
            // The position is kept in memory and stored with the next one. After a crash before that, the events are delivered
            // again.
            logger.warning(
                "The journal could not store the sink's position. After a crash the sink would get some events again.",
                metadata: ["error": "\(error)"])
        }
    }

    func writeDeadLetters(_ rejected: [Delivery.Rejected], among records: [EventEnvelope]) async throws {
        guard !rejected.isEmpty else { return }
        let reasons = Dictionary(rejected.map { ($0.seq, $0.reason) }) { first, _ in first }
        let letters = records.compactMap { record in reasons[record.seq].map { (event: record, reason: $0) } }
        try await definition.deadLetters.append(
            letters, of: DeadLetterFile.Owner(sink: definition.name, epoch: journal.epoch), now: clock())
        logger.error(
            "The sink will never take some events. They are dead letters now: see the reason in the dead-letter file.",
            metadata: [
                "records": "\(letters.count)", "file": "\(definition.deadLetters.path)",
                "first reason": "\(letters.first?.reason ?? "")",
            ])
    }
}
