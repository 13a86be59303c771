import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The confirmations of displays.
extension MQTTSink {
    /// How many events at the journal's end a start searches for displays that were reported as late.
    private static let lookBack: UInt64 = 200_000
    private static let reportsAtOnce = 100

    /// Restores the reports of earlier runs. Returns a client that subscribes to confirmations.
    func beginListening(_ confirmations: SharedDisplayConfirmations, _ context: SinkContext) async throws -> MQTTClient {
        confirmations.access { $0.sink = context.name }
        try await restore(confirmations, context)
        context.displays.setReader(of: context.name) { confirmations.records }
        var connection = try connection(context, suffix: "-shown")
        // Confirmations that come while the server is away wait at the broker.
        connection.cleanStart = false
        connection.sessionExpiry = .seconds(3600)
        connection.payloadLimit = Confirmation.limit
        connection.subscriptions = Set(
            displayRules.flatMap { $0.topic.filters(epoch: context.epoch).map { $0 + Confirmation.suffix } }
        ).sorted()
        return try MQTTClient(connection, logger: context.logger)
    }

    /// Reads the last reports of this sink's displays from the journal.
    private func restore(_ confirmations: SharedDisplayConfirmations, _ context: SinkContext) async throws {
        var lookBack = min(Self.lookBack, context.head)
        var seq = context.head - lookBack
        while seq < context.head {
            do {
                let events = try await context.history.events(after: seq, limit: 2_000, maxBytes: 4 << 20)
                guard let last = events.last else { return }
                for record in events where record.type == .displayStale || record.type == .displayCurrent {
                    guard case .displayChanged(let change)? = try? record.event().body, change.sink == context.name else {
                        continue
                    }
                    confirmations.access { $0.restore(change, seq: record.seq, at: record.timestamp) }
                }
                seq = last.seq
            } catch let error as JournalError where error.code == .pruned && lookBack > 0 {
                lookBack /= 2
                seq = max(seq, context.head - lookBack)
            }
        }
    }

    /// Notes the versions that displays have to show.
    func note(_ entries: [Outbox.Entry], isPublished: Bool, _ context: SinkContext) {
        guard let confirmations, !entries.isEmpty else { return }
        let now = context.now()
        confirmations.access { tracked in
            for case let display? in entries.map(\.display) {
                if let version = display.version {
                    tracked.want(version, at: display.key, isPublished: isPublished, now: now)
                } else if isPublished {
                    tracked.forget(display.key)
                }
            }
        }
    }

    // MARK: Listening

    /// Takes confirmations until the task is cancelled.
    func listen(_ context: SinkContext) async {
        guard let listener, let confirmations else { return }
        for await batch in listener.batches {
            for message in batch.messages where message.size > 0 { await take(message, confirmations, context) }
            batch.acknowledge()
        }
    }

    private func take(_ message: InboundMessage, _ confirmations: SharedDisplayConfirmations, _ context: SinkContext) async {
        guard StreamSafeText.isKept(by: message.topic.utf8), message.topic.hasSuffix(Confirmation.suffix) else { return }
        let topic = String(message.topic.dropLast(Confirmation.suffix.count))
        guard let confirmation = Confirmation(message.isOversized ? [] : message.payload) else {
            counters.count { $0.malformed += 1 }
            // Logged at powers of two only: a display that sends one unreadable confirmation sends more.
            let count = counters.now.malformed
            if count.nonzeroBitCount == 1 {
                context.logger.warning(
                    "A display's confirmation cannot be read and is ignored. A confirmation looks like {\"version\":57}.",
                    metadata: ["topic": "\(message.topic.prefix(200))", "malformed": "\(count)"])
            }
            return
        }
        do {
            for (key, wanted) in try await displays(at: topic, confirmations, context) {
                counters.count { $0.confirmations += 1 }
                let now = context.now()
                let isTaken = confirmations.access { tracked in
                    guard tracked.add(key, wanted: wanted, now: now) else { return false }
                    tracked.confirm(confirmation.version, at: key, now: now)
                    return true
                }
                if !isTaken {
                    context.logger.debug(
                        "A display over confirm.limit confirmed. The sink does not track that display.",
                        metadata: ["topic": "\(topic)"])
                }
            }
        } catch {
            context.logger.warning(
                "A display's confirmation is lost, because the display could not be looked up.", metadata: ["error": "\(error)"])
        }
    }

    /// The displays whose topic is `topic`, with the versions that they have to show: one, or none if the topic is not this sink's.
    private func displays(
        at topic: String, _ confirmations: SharedDisplayConfirmations, _ context: SinkContext
    ) async throws -> [(DisplayKey, wanted: Int64)] {
        var found: [(DisplayKey, wanted: Int64)] = []
        for rule in displayRules {
            for values in rule.topic.values(in: topic, epoch: context.epoch) {
                guard let location = values.location else { continue }
                if let sku = values.sku, confirmations.access({ $0.knows(DisplayKey(location: location, sku: sku)) }) {
                    return [(DisplayKey(location: location, sku: sku), 0)]
                }
                let reference = values.sku.map { ItemReference.sku($0) } ?? values.variant.map { .variant($0) }
                guard let reference, let variant = try await context.stock.variant(reference).value?.variant,
                    context.filter.wants(sku: variant.sku, at: location),
                    variant.balances.contains(where: { $0.location == location }),
                    rule.topic.topic(EventValues(variant, at: location, epoch: context.epoch)) == topic
                else { continue }
                let key = DisplayKey(location: location, sku: variant.sku)
                if !found.contains(where: { $0.0 == key }) { found.append((key, variant.version)) }
            }
        }
        return found
    }

    // MARK: Reporting

    /// Reports displays that are late, and those that are right again, until the task is cancelled.
    func reportFindings(_ context: SinkContext) async {
        guard let confirmations, let confirm = options.confirm else { return }
        let pause = min(max(confirm.within / 10, .milliseconds(20)), .seconds(1))
        while !Task.isCancelled {
            let findings = confirmations.access { $0.findings(now: context.now(), limit: Self.reportsAtOnce) }
            let isHeard = await withTaskGroup(of: Bool.self) { group in
                for finding in findings { group.addTask { await Self.report(finding, confirmations, context) } }
                return await group.reduce(true) { $0 && $1 }
            }
            if isHeard, findings.count == Self.reportsAtOnce { continue }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// Returns whether the server took the report.
    private static func report(
        _ finding: DisplayConfirmations.Finding, _ confirmations: SharedDisplayConfirmations, _ context: SinkContext
    ) async -> Bool {
        switch await context.reporter.report(.display(finding.change), id: finding.id) {
        case .applied(let receipt): confirmations.access { $0.reported(finding, by: receipt.seq) }
        case .rejected(let rejection) where rejection.code.isPassing: return false
        case .rejected(let rejection):
            context.logger.error(
                "The report of a display that is late, or right again, was rejected. The sink does not repeat the report.",
                metadata: ["display": "\(finding.key)", "error": "\(rejection.message)"])
            confirmations.access { $0.reported(finding, by: nil) }
        }
        return true
    }
}
