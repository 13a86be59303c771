import MQTTConnection
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Displays in deliveries.
extension MQTTSink {
    /// The events that change a display. An alert does not: its level is in the event before it, or follows from the variant's new
    /// settings.
    private static let typesThatDisplaysShow: Set<EventType> = [.inventoryUpdated, .productStatusChanged, .catalogueChanged]

    /// Publishes the displays whose values `record` contains, and notes the others, which have to be read.
    func put(
        _ record: EventEnvelope, _ rule: PublishRule, _ format: DisplayFormat, _ context: SinkContext, _ outbox: inout Outbox,
        _ refresh: inout DisplayRefresh
    ) async throws {
        // A display shows current values, a new name too. So it is published on every change of them, whichever events the rule
        // wants.
        guard rule.wants(record.type) || Self.typesThatDisplaysShow.contains(record.type) else { return }
        let values = EventValues(record, epoch: context.epoch)
        let action = progress.action(for: record.type, seq: record.seq)
        if action == .none {
            if record.type == .inventoryUpdated, rule.topic.topic(values) != nil { outbox.supersede(seq: record.seq) }
            return
        }
        let event = try record.event()
        if case .catalogueChanged(let change) = event.body {
            if let sku = change.givenUpSKU {
                try await takeAway(sku, change.values.locations ?? [], record, action, rule, context, &outbox)
            }
            if change.change == .removed { return refresh.note(event) }
        }
        guard action != .takeAway else { return }
        if case .inventoryUpdated(let update) = event.body,
            let display = Display(update, seq: record.seq, timestamp: record.timestamp), let topic = rule.topic.topic(values)
        {
            if action == .publish {
                outbox.put(rule.message(topic, format.payload(display)), seq: record.seq, display: display.state)
            } else {
                outbox.supersede(seq: record.seq)
            }
        }
        refresh.note(event)
    }

    /// Deletes the displays of a SKU that the variant of `record` gave up.
    private func takeAway(
        _ sku: String, _ locations: [String], _ record: EventEnvelope, _ action: DisplayProgress.Action, _ rule: PublishRule,
        _ context: SinkContext, _ outbox: inout Outbox
    ) async throws {
        guard rule.retain else { return }
        var kept: Set<String> = []
        if action != .publish, let successor = try await context.stock.variant(.sku(sku)).value?.variant {
            // Another variant has the SKU now, and its displays may be published already.
            let displays = successor.balances.map { EventValues(successor, at: $0.location, epoch: context.epoch) }
            kept = Set(displays.compactMap { rule.topic.topic($0) })
        }
        var values = EventValues(record, epoch: context.epoch)
        if values.sku != sku, !rule.topic.template.has(.sku) {
            // The topic is the variant's also with its new SKU. Only the confirmations are by SKU.
            confirmations?.access { tracked in
                for location in locations { tracked.forget(DisplayKey(location: location, sku: sku)) }
            }
            return
        }
        values.sku = sku
        for location in locations where context.filter.wants(sku: sku, at: location) {
            values.location = location
            guard let topic = rule.topic.topic(values), !kept.contains(topic) else { continue }
            outbox.put(
                rule.message(topic, []), seq: record.seq,
                display: Outbox.DisplayState(key: DisplayKey(location: location, sku: sku), version: nil))
        }
    }

    /// Deletes the displays of what is left at a location that was removed. If there is the location again by now, the displays of
    /// the items there are to be read.
    private func readWhatIsLeft(
        at location: String, _ cause: DisplayRefresh.Cause, _ rule: PublishRule, _ context: SinkContext, _ outbox: inout Outbox,
        _ refresh: inout DisplayRefresh
    ) async throws {
        let isThere = try await context.stock.locations().value.contains { $0.code == location }
        var query = StockQuery(location: location, limit: Self.page, includesRemovedLocations: true)
        while true {
            let page = try await context.stock.stock(query).value
            for item in page where context.filter.wants(sku: item.sku, at: location) {
                if isThere {
                    refresh.note(item.variant, cause)
                } else if rule.retain, let topic = rule.topic.topic(EventValues(item, epoch: context.epoch)) {
                    outbox.put(
                        rule.message(topic, []), seq: cause.seq,
                        display: Outbox.DisplayState(key: DisplayKey(location: location, sku: item.sku), version: nil))
                }
            }
            guard let last = page.last, page.count == query.limit else { return }
            query.after = StockQuery.Position(variant: last.variant, location: location)
        }
    }

    /// Publishes the displays whose values have to be read.
    func read(_ refresh: DisplayRefresh, _ rule: PublishRule, _ context: SinkContext, _ outbox: inout Outbox) async throws {
        var refresh = refresh
        for (location, cause) in refresh.locations.sorted(by: { $0.value.seq < $1.value.seq }) {
            try await readWhatIsLeft(at: location, cause, rule, context, &outbox, &refresh)
        }
        for (id, cause) in refresh.products.sorted(by: { $0.value.seq < $1.value.seq }) {
            let reading = try await context.stock.product(id)
            progress.read(at: reading.seq)
            for variant in reading.value?.variants ?? [] { putDisplays(of: variant, [rule], cause, context, &outbox) }
        }
        for (id, cause) in refresh.variants.sorted(by: { $0.value.seq < $1.value.seq }) {
            let reading = try await context.stock.variant(.variant(id))
            progress.read(at: reading.seq)
            if let variant = reading.value { putDisplays(of: variant, [rule], cause, context, &outbox) }
        }
    }

    /// Adds the displays of a variant at all of its locations that the sink wants.
    func putDisplays(
        of record: VariantRecord, _ rules: [PublishRule], _ cause: DisplayRefresh.Cause, _ context: SinkContext,
        _ outbox: inout Outbox
    ) {
        let variant = record.variant
        for rule in rules {
            guard let format = rule.display else { continue }
            for balance in variant.balances where context.filter.wants(sku: variant.sku, at: balance.location) {
                guard let topic = rule.topic.topic(EventValues(variant, at: balance.location, epoch: context.epoch)) else {
                    continue
                }
                let display = Display(record, balance, seq: cause.seq, timestamp: cause.timestamp)
                outbox.put(rule.message(topic, format.payload(display)), seq: cause.seq, display: display.state)
            }
        }
    }
}

extension CatalogueChanged {
    /// The SKU that no display of the event's variant shows any more; `nil` if there is none.
    fileprivate var givenUpSKU: String? {
        guard case .variant(_, _, let sku, _) = subject else { return nil }
        return change == .removed ? sku : values.previousSKU
    }
}

extension Display {
    fileprivate var state: Outbox.DisplayState {
        Outbox.DisplayState(key: DisplayKey(location: location, sku: sku), version: version)
    }
}
