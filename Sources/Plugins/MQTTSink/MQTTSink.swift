import Glibc
import Logging
import MQTTConnection
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The sink `mqtt`.
///
/// A delivery returns when the broker has acknowledged all of its messages, so the sink's cursor moves with the acknowledgements and
/// whatever was not acknowledged is published again: at least once, in order.
///
/// **Displays.** A display topic holds a state, not an event, so of several in one batch only the newest is published. An event that
/// says it all (a change of stock, at its location) is published as it is; what it leaves open (the same variant at other locations, a
/// product's status) is read from the journal, as of now. A reader that keeps the highest `version` is right at every moment, and the
/// last message of each topic is right for everybody. A sink that is new publishes all displays once, and for what happened before that
/// none.
actor MQTTSink: Sink {
    nonisolated let options: MQTTSinkOptions
    nonisolated let peer = ConnectedBroker()
    private let rules: [PublishRule]
    private var client: MQTTClient?
    private var context: SinkContext?
    /// Displays are published already as of this event.
    private var displayed: UInt64 = 0

    private let reconnect: ReconnectPolicy
    /// How long a start waits for the broker before it counts as failed. The client goes on trying.
    private let patience: Duration
    private static let page = 500

    init(
        _ options: MQTTSinkOptions, reconnect: ReconnectPolicy = ReconnectPolicy(), patience: Duration = .seconds(10)
    ) throws {
        self.options = options
        self.reconnect = reconnect
        self.patience = patience
        rules = try options.rules()
        if let problem = Topic.problem(options.statusTopic) { throw OptionError("statusTopic", message: problem) }
    }

    private var displayRules: [PublishRule] { rules.filter { $0.payload == .display } }

    // MARK: Starting and stopping

    func start(_ context: SinkContext) async throws {
        self.context = context
        let client = try self.client ?? connect(context)
        self.client = client
        try await client.connected(within: patience)
        if context.cursor == nil, !displayRules.isEmpty { try await publishAllDisplays(context) }
    }

    private func connect(_ context: SinkContext) throws -> MQTTClient {
        func status(_ word: String) -> MQTTMessage {
            var json = JSONWriter()
            json.object { json in
                json.key("status")
                json.string(word)
                json.key("epoch")
                json.string(context.epoch)
                json.key("version")
                json.string(context.version)
            }
            return MQTTMessage(topic: options.statusTopic, payload: json.bytes, retain: true)
        }
        var client = try options.connection(options.clientId ?? "tallywire-\(context.name)")
        client.will = status("offline")
        client.birth = status("online")
        client.farewell = status("offline")
        client.window = options.window
        client.reconnect = reconnect
        return try MQTTClient(client, logger: context.logger) { [peer] state in peer.note(state) }
    }

    func stop() async {
        await client?.stop()
        client = nil
    }

    /// Publishes every variant's displays as things stand.
    private func publishAllDisplays(_ context: SinkContext) async throws {
        var last: VariantID?
        var first: UInt64?
        while true {
            let page = try await context.stock.variants(after: last, limit: Self.page)
            first = first ?? page.seq
            var outbox = Outbox()
            let now = DisplayRefresh.Cause(seq: page.seq, timestamp: Self.now())
            for variant in page.value { putDisplays(of: variant, displayRules, now, context, &outbox) }
            _ = try await publish(outbox.entries)
            guard let end = page.value.last?.variant.id, page.value.count == Self.page else { break }
            last = end
        }
        displayed = first ?? 0
        context.logger.info("All displays were published.", metadata: ["seq": "\(displayed)"])
    }

    // MARK: Delivering

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        guard let context else { throw SinkError.unavailable("the sink was not started") }
        var outbox = Outbox()
        var rejected: [UInt64: String] = [:]
        var refreshes = rules.map { _ in DisplayRefresh() }
        for record in batch.records {
            for (index, rule) in rules.enumerated() {
                switch rule.payload {
                case .event:
                    guard rule.wants(record.type), let topic = rule.topic.topic(TopicValues(record, epoch: context.epoch)) else {
                        continue
                    }
                    outbox.put(rule.message(topic, record.json), seq: record.seq)
                case .display where record.seq > displayed:
                    do {
                        try putDisplay(record, rule, context, &outbox, &refreshes[index])
                    } catch {
                        rejected[record.seq] = "the event cannot be read: \(error)"
                    }
                case .display: continue
                }
            }
        }
        for (rule, refresh) in zip(rules, refreshes) { try await read(refresh, rule, context, &outbox) }
        for (seq, reason) in try await publish(outbox.entries) { rejected[seq] = rejected[seq] ?? reason }
        return Delivery(
            merged: outbox.merged,
            rejected: rejected.sorted { $0.key < $1.key }.map { Delivery.Rejected(seq: $0.key, reason: $0.value) })
    }

    /// Publishes what `record` says of displays by itself, and notes what has to be read.
    private func putDisplay(
        _ record: EventEnvelope, _ rule: PublishRule, _ context: SinkContext, _ outbox: inout Outbox,
        _ refresh: inout DisplayRefresh
    ) throws {
        // What is removed is taken away, whichever events the rule wants.
        guard rule.wants(record.type) || record.type == .catalogueChanged else { return }
        let event = try record.event()
        var values = TopicValues(record, epoch: context.epoch)
        if case .catalogueChanged(let change) = event.body, change.change == .removed {
            guard rule.retain else { return }
            for location in change.values.locations ?? [] where context.filter.wants(sku: values.sku ?? "", at: location) {
                values.location = location
                guard let topic = rule.topic.topic(values) else { continue }
                outbox.put(rule.message(topic, []), seq: record.seq)
            }
            return
        }
        guard rule.wants(record.type) else { return }
        if case .inventoryUpdated(let update) = event.body,
            let display = Display(update, seq: record.seq, timestamp: record.timestamp), let topic = rule.topic.topic(values)
        {
            outbox.put(rule.message(topic, display.json), seq: record.seq)
        }
        refresh.note(event)
    }

    /// Publishes the displays that have to be read.
    private func read(_ refresh: DisplayRefresh, _ rule: PublishRule, _ context: SinkContext, _ outbox: inout Outbox) async throws {
        for (id, cause) in refresh.products.sorted(by: { $0.value.seq < $1.value.seq }) {
            guard let product = try await context.stock.product(id).value else { continue }
            for variant in product.variants { putDisplays(of: variant, [rule], cause, context, &outbox) }
        }
        for (id, cause) in refresh.variants.sorted(by: { $0.value.seq < $1.value.seq }) {
            guard let variant = try await context.stock.variant(.variant(id)).value else { continue }
            putDisplays(of: variant, [rule], cause, context, &outbox)
        }
    }

    private func putDisplays(
        of record: VariantRecord, _ rules: [PublishRule], _ cause: DisplayRefresh.Cause, _ context: SinkContext,
        _ outbox: inout Outbox
    ) {
        let variant = record.variant
        for rule in rules {
            for balance in variant.balances where context.filter.wants(sku: variant.sku, at: balance.location) {
                guard let topic = rule.topic.topic(TopicValues(variant, at: balance.location, epoch: context.epoch)) else {
                    continue
                }
                let display = Display(record, balance, seq: cause.seq, timestamp: cause.timestamp)
                outbox.put(rule.message(topic, display.json), seq: cause.seq)
            }
        }
    }

    // MARK: Publishing

    /// Publishes and waits for all acknowledgements. Answers what will never be taken, by event.
    private func publish(_ entries: [Outbox.Entry]) async throws -> [UInt64: String] {
        guard !entries.isEmpty else { return [:] }
        guard let client else { throw SinkError.unavailable("the sink was stopped") }
        let results = try await client.publish(entries.map(\.message))
        var rejected: [UInt64: String] = [:]
        for (entry, result) in zip(entries, results) {
            switch result {
            case .accepted: break
            case .rejected(let reason): rejected[entry.seq] = "\(entry.message.topic.prefix(200)): \(reason)"
            case .denied(let reason):
                throw SinkError.unavailable(
                    "\(options.broker) does not take what is published to \(entry.message.topic): \(reason); see its access list")
            }
        }
        return rejected
    }

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
