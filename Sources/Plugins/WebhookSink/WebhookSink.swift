import Foundation
import Logging
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The sink `webhook`: posts events to a ``Receiver`` and says what became of them.
///
/// A batch is parted into ``Errand``s, whose requests are sent one after the other. Without `concurrency` there is one errand, so
/// all events are in order. With it there is an errand for each variant, and so many at once.
struct WebhookSink: Sink {
    private let options: WebhookOptions
    private let keys: [WebhookKey]
    private let lookup: AddressLookup
    private let running: Running

    /// What the sink knows while it runs.
    private final class Running: Sendable {
        let state = Mutex(State())
        let metrics = WebhookMetrics()
    }

    private struct State {
        var receiver: Receiver?
        var context: SinkContext?
        /// What a later try of the same events has to know.
        var memory = WebhookMemory()
    }

    init(_ options: WebhookOptions, lookup: AddressLookup = .system) throws(OptionError) {
        try options.validate()
        var keys: [WebhookKey] = []
        for (index, secret) in (options.secret?.all ?? []).enumerated() {
            do throws(WebhookKey.Mistake) { keys.append(try WebhookKey(secret)) } catch {
                throw OptionError(path: ["secret", String(index)], message: error.text)
            }
        }
        self.options = options
        self.keys = keys
        self.lookup = lookup
        running = Running()
    }

    var notesDeliveries: Bool { true }

    func start(_ context: SinkContext) async throws {
        let receiver = try Receiver(options, version: context.version, lookup: lookup)
        running.state.withLock { state in
            state.context = context
            state.receiver = receiver
        }
    }

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        let (receiver, context, memory) = running.state.withLock { state in
            state.memory.begin(batch.records)
            return (state.receiver, state.context, state.memory)
        }
        guard let receiver, let context else { throw SinkError.unavailable("the sink was not started") }
        if memory.isGone { throw Self.gone(receiver) }
        let errands = Errands(batch.records, memory, of: options)
        let round = WebhookRound(memory)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(options.concurrency, errands.count) {
                group.addTask {
                    while !Task.isCancelled, let errand = errands.next() {
                        await run(errand, of: round, receiver, context)
                    }
                }
            }
        }
        try Task.checkCancellation()
        let result = round.result
        let isDone = result.through(batch.records) == batch.records.last?.seq
        running.state.withLock { $0.memory = isDone ? WebhookMemory() : result.memory }
        if result.lostConnection { receiver.renew() }
        if result.memory.isGone, result.through(batch.records) == nil { throw Self.gone(receiver) }
        return try result.conclusion(of: batch.records)
    }

    func stop() async {
        running.state.withLock { $0.receiver }?.close()
    }

    private static func gone(_ receiver: Receiver) -> SinkError {
        .disabled(
            """
            \(receiver.name) answered 410 Gone: it wants no more events. Take the entry out of plugins.json, or put the receiver right \
            and start the server again: the events are kept
            """)
    }

    /// Sends the requests of `errand` one after the other, until one is not taken or another errand has found the receiver unable.
    private func run(_ errand: [EventEnvelope], of round: WebhookRound, _ receiver: Receiver, _ context: SinkContext) async {
        var rest = errand[...]
        while !rest.isEmpty, !round.hasHalted, !Task.isCancelled {
            let records = Array(rest.prefix(options.batchSize))
            rest = rest.dropFirst(records.count)
            guard
                let message = WebhookMessage(
                    records, as: options.body, cloudEvent: CloudEvent(options.cloudEvents, epoch: context.epoch),
                    isBatch: options.isBatch, epoch: context.epoch)
            else {
                round.reject(records, because: "the event has no data that can be read")
                continue
            }
            let (at, begin) = (context.now(), ContinuousClock.now)
            let attempt = round.beginTry(of: records)
            func note(_ status: DeliveryLog.Status, _ error: String?) {
                running.metrics.observe(status, begin.duration(to: .now))
                context.deliveries.note(
                    DeliveryLog.Attempt(
                        seq: records.last?.seq ?? 0, events: records.count, at: at, status: status,
                        duration: begin.duration(to: .now), attempt: attempt, error: error))
            }
            do {
                let timestamp = at.milliseconds / 1_000
                let reply = try await receiver.post(message, timestamp: timestamp, signatures: try signatures(message, timestamp))
                let answer = WebhookAnswer(
                    status: reply.status, reason: reply.reason, retryAfter: reply.retryAfter,
                    now: Date(timeIntervalSince1970: Double(timestamp)))
                note(.http(reply.status), answer == .delivered ? nil : "\(reply.status) \(reply.reason)")
                guard round.take(answer, of: records) else { return }
            } catch is CancellationError {
                return
            } catch {
                note(.failed, "\(error)")
                return round.fail("\(error)")
            }
        }
    }

    /// The signatures of all keys, separated by spaces; `nil` without a key.
    private func signatures(_ message: WebhookMessage, _ timestamp: Int64) throws -> String? {
        if keys.isEmpty { return nil }
        return try keys.map { try $0.signature(id: message.id, timestamp: timestamp, body: message.body) }.joined(separator: " ")
    }
}

extension WebhookSink: MeteredSink {
    var sinkMetrics: [SinkMetric] { running.metrics.current }
}
