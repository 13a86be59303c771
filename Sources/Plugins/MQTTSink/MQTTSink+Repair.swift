import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Corrects the messages that the broker retains.
extension MQTTSink {
    /// Repairs on each new connection, with or without events, until the task is cancelled.
    func repairConnections(_ context: SinkContext) async {
        for await _ in watch.changes {
            var pause = Duration.milliseconds(200)
            while !Task.isCancelled, progress.needsRepair(on: client?.connections ?? 0), client?.state.isConnected == true {
                do {
                    try await turn.take { try await repairIfNeeded(context) }
                } catch is CancellationError {
                    return
                } catch {
                    context.logger.warning(
                        "The displays could not be compared with the journal. The sink tries again after a pause.",
                        metadata: ["error": "\(error)", "retry": "\(pause)"])
                    do { try await Task.sleep(for: pause) } catch { return }
                    pause = min(pause * 2, .seconds(30))
                }
            }
        }
    }

    /// Repairs if the connection is a new one. Has to be called in turn.
    func repairIfNeeded(_ context: SinkContext) async throws {
        let connection = client?.connections ?? 0
        guard progress.needsRepair(on: connection) else { return }
        try await repair(context)
        progress.endRepair(on: connection)
    }

    /// Compares the broker's retained messages with the journal, publishes the differences and deletes the messages that should not
    /// be there.
    ///
    /// The journal is read in pages, so later pages contain later events. Events after the first page are delivered again. A state
    /// that was read is not overwritten by an older one, since ``DisplayProgress`` has those events read again.
    private func repair(_ context: SinkContext) async throws {
        var image = try await retained(context)
        let isUnread = image == nil
        var counts = (published: 0, unchanged: 0, deleted: 0)
        var first: UInt64?
        var last: VariantID?
        let kept = image?.count ?? 0
        confirmations?.access { $0.beginSweep() }
        while true {
            let page = try await context.stock.variants(after: last, limit: Self.page)
            first = first ?? page.seq
            progress.read(at: page.seq)
            var outbox = Outbox()
            let cause = DisplayRefresh.Cause(seq: page.seq, timestamp: context.now())
            for variant in page.value { putDisplays(of: variant, displayRules, cause, context, &outbox) }
            var wrong: [Outbox.Entry] = []
            var right: [Outbox.Entry] = []
            for entry in outbox.entries {
                let isRight = entry.message.retain && image?.take(entry.message.topic, showing: entry.message.payload) == true
                if isRight { right.append(entry) } else { wrong.append(entry) }
            }
            note(right, isPublished: true, context)
            try await publishAll(wrong, context)
            counts.published += wrong.count
            counts.unchanged += right.count
            guard let end = page.value.last?.variant.id, page.value.count == Self.page else { break }
            last = end
        }
        if let image { counts.deleted = try await delete(image.rest, context) }
        confirmations?.access { $0.endSweep() }
        progress.repaired(at: first ?? 0, isComplete: image?.unkept == 0)
        finish(counts, kept: kept, unkept: image?.unkept ?? 0, isUnread: isUnread, context)
    }

    private func finish(
        _ counts: (published: Int, unchanged: Int, deleted: Int), kept: Int, unkept: Int, isUnread: Bool, _ context: SinkContext
    ) {
        counters.count {
            $0.repairs += 1
            $0.unreadRepairs += isUnread ? 1 : 0
            $0.published += UInt64(counts.published)
            $0.unchanged += UInt64(counts.unchanged)
            $0.deleted += UInt64(counts.deleted)
        }
        context.logger.info(
            "The displays were compared with the journal and corrected.",
            metadata: [
                "retained": "\(kept)", "right": "\(counts.unchanged)", "published": "\(counts.published)",
                "deleted": "\(counts.deleted)", "seq": "\(progress.displayed)",
            ])
        if unkept > 0 {
            context.logger.warning(
                "The broker retains more topics than repair.limit. Those over the limit were published unread, and none was deleted.",
                metadata: ["limit": "\(options.repair.limit)", "beyond": "\(unkept)"])
        }
    }

    /// The messages that the broker retains under the display topics; `nil` if the broker does not allow reading.
    private func retained(_ context: SinkContext) async throws -> RetainedImage? {
        let filters = Set(
            displayRules.filter(\.retain).flatMap {
                $0.topic.filters(epoch: context.epoch, locations: context.filter.exactLocations)
            })
        guard !filters.isEmpty else { return RetainedImage(limit: 0) }
        var connection = try connection(context, suffix: "-reader")
        // The reader connects to the same broker as the sink, with the protocol that this broker is known to accept.
        if case .connected(let broker, let version, _) = client?.state {
            connection.brokers = BrokerAddresses(broker)
            connection.version = version
        }
        let reader = RetainedReader(
            client: connection, filters: filters.sorted(), marker: options.statusTopic + "/marker", settle: options.repair.settle,
            limit: options.repair.limit, logger: context.logger)
        do {
            let image = try await reader.read()
            progress.readingEnded()
            return image
        } catch let error as RetainedReader.Failure {
            progress.readingEnded()
            return reportUnread("\(error)", context)
        } catch let error as MQTTError {
            guard progress.readingFailed(isConnected: client?.state.isConnected == true) else { throw error }
            return reportUnread("\(error)", context)
        }
    }

    private func reportUnread(_ reason: String, _ context: SinkContext) -> RetainedImage? {
        context.logger.warning(
            "The broker's retained messages cannot be read. All displays are published, and no retained message is deleted.",
            metadata: ["reason": "\(reason)"])
        return nil
    }

    /// Deletes those of `topics` that belong to this sink. Returns how many there were.
    private func delete(_ topics: some Sequence<String>, _ context: SinkContext) async throws -> Int {
        let locations = try await context.stock.locations().value.map(\.code) + context.stock.removedLocations().value
        let scope = DisplayScope(
            rules: rules, statusTopic: options.statusTopic, filter: context.filter, epoch: context.epoch,
            locations: Set(locations))
        var entries: [Outbox.Entry] = []
        var count = 0
        for topic in topics where scope.owns(topic) {
            entries.append(Outbox.Entry(message: MQTTMessage(topic: topic, payload: [], retain: true), seq: 0))
            count += 1
            if entries.count == Self.page {
                try await publishAll(entries, context)
                entries.removeAll()
            }
        }
        try await publishAll(entries, context)
        return count
    }

    /// Publishes messages that belong to no event, and logs the first one that the broker will never take.
    private func publishAll(_ entries: [Outbox.Entry], _ context: SinkContext) async throws {
        for reason in try await publish(entries, context).values.prefix(1) {
            context.logger.error(
                "The message of a display cannot be published. The display's topic keeps its old state.",
                metadata: ["error": "\(reason)"])
        }
    }
}

extension EventFilter {
    /// The locations, if each is named without a wildcard and there are few enough for a subscription each.
    fileprivate var exactLocations: [String]? {
        let texts = locations.map(\.text)
        return (1...100).contains(texts.count) && !texts.contains { $0.contains { "*/+#\0".contains($0) } } ? texts : nil
    }
}
