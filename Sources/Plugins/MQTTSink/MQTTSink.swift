import Logging
import MQTTConnection
import Mosquitto
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The sink `mqtt`.
///
/// A delivery returns when the broker has acknowledged all of its messages. So the sink's cursor moves with the acknowledgements,
/// and messages that were not acknowledged are published again: at least once, in order.
///
/// **Displays.** A display topic holds a state and not an event, so of several messages in one batch only the newest is published.
/// If the event has all of a display's values (a change of stock, at its location), they are published from the event. Other
/// displays (of the same variant at other locations, or after a product's status) are read from the journal with their current
/// values. A display that was read never gets an older state afterwards: for events up to that read, displays are read again
/// instead of being published from the event.
///
/// **Repair.** On each connection, before any display is published, the broker's retained messages are compared with the journal,
/// and the differences are published (``MQTTSink/repair(_:_:)``). Events that the repair includes need no publication, so an outage
/// costs one repair, however long it was.
///
/// A delivery and a repair never run at the same time: see `turn`.
actor MQTTSink: Sink {
    nonisolated let options: MQTTSinkOptions
    private nonisolated let peer = ConnectedBroker()
    let rules: [PublishRule]
    private let reconnect: ReconnectPolicy
    nonisolated let counters = DisplayCounters()
    let watch = ConnectionWatch()
    /// The displays' confirmations; `nil` if they are not wanted.
    nonisolated let confirmations: SharedDisplayConfirmations?
    private(set) var client: MQTTClient?
    private(set) var listener: MQTTClient?
    private var context: SinkContext?

    /// What the displays show of the journal.
    var progress = DisplayProgress()

    /// A delivery or a repair: while one publishes displays, nothing else does, so that the newer state is published later.
    let turn = Turn()

    /// How long a start waits for the broker before it counts as failed. The client keeps trying.
    private let connectTimeout: Duration
    static let page = 500

    init(
        _ options: MQTTSinkOptions, reconnect: ReconnectPolicy = ReconnectPolicy(),
        connectTimeout: Duration = .seconds(10)
    ) throws {
        self.options = options
        self.reconnect = reconnect
        self.connectTimeout = connectTimeout
        rules = try options.rules()
        confirmations = options.confirm.map { SharedDisplayConfirmations(within: $0.within, limit: $0.limit) }
        if let problem = Topic.problem(options.statusTopic) { throw OptionError("statusTopic", message: problem) }
    }

    var displayRules: [PublishRule] { rules.filter { $0.display != nil } }

    // MARK: Starting and stopping

    func start(_ context: SinkContext) async throws {
        self.context = context
        let client = try self.client ?? connect(context)
        self.client = client
        try await client.connected(within: connectTimeout)
        try requireProperties(client)
        guard !displayRules.isEmpty else { return }
        if let confirmations, listener == nil { listener = try await beginListening(confirmations, context) }
        try await turn.take { try await repairIfNeeded(context) }
    }

    private func connect(_ context: SinkContext) throws -> MQTTClient {
        func status(_ word: String) -> MQTTMessage {
            var json = JSONWriter()
            json.object { json in
                json.member("status", word)
                json.member("epoch", context.epoch)
                json.member("version", context.version)
            }
            return MQTTMessage(topic: options.statusTopic, payload: json.bytes, retain: true)
        }
        var client = try connection(context)
        client.will = status("offline")
        client.birth = status("online")
        client.farewell = status("offline")
        client.window = options.window
        return try MQTTClient(client, logger: context.logger) { [peer, watch] state in
            peer.note(state)
            watch.note(state)
        }
    }

    /// The connection options of a client. Clients other than the first have a `suffix` in their client id.
    func connection(_ context: SinkContext, suffix: String = "") throws -> MQTTClientOptions {
        var client = try options.connection((options.clientId ?? "tallywire-\(context.name)") + suffix)
        client.keepAlive = options.keepAlive
        client.reconnect = reconnect
        return client
    }

    /// Works beside deliveries: repairs on new connections, and takes the displays' confirmations.
    func attend() async {
        guard let context, !displayRules.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.repairConnections(context) }
            group.addTask { await self.listen(context) }
            group.addTask { await self.reportFindings(context) }
        }
    }

    func stop() async {
        if let context { context.displays.setReader(of: context.name, nil) }
        await listener?.stop()
        listener = nil
        await client?.stop()
        client = nil
    }

    // MARK: Delivering

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        guard let context else { throw SinkError.unavailable("the sink was not started") }
        if let client { try requireProperties(client) }
        guard !displayRules.isEmpty else { return try await take(batch, context) }
        return try await turn.take {
            try await repairIfNeeded(context)
            return try await take(batch, context)
        }
    }

    private func take(_ batch: EventBatch, _ context: SinkContext) async throws -> Delivery {
        let cloudEvent = CloudEvent(options.cloudEvents, epoch: context.epoch)
        var outbox = Outbox()
        var rejected: [UInt64: String] = [:]
        var refreshes = rules.map { _ in DisplayRefresh() }
        for record in batch.records {
            for (index, rule) in rules.enumerated() {
                do {
                    if let format = rule.display {
                        // A display shows the present, whatever is delivered again.
                        if batch.isReplay { continue }
                        try await put(record, rule, format, context, &outbox, &refreshes[index])
                    } else if rule.wants(record.type), let topic = rule.topic.topic(EventValues(record, epoch: context.epoch)) {
                        guard var message = rule.message(topic, record, cloudEvent) else {
                            rejected[record.seq] = "the event has no data that can be read"
                            continue
                        }
                        // What the broker keeps for the topic stays the newest event.
                        message.retain = message.retain && !batch.isReplay
                        outbox.put(message, seq: record.seq)
                    }
                } catch let error as DecodingError {
                    rejected[record.seq] = "the event cannot be read: \(error)"
                }
            }
        }
        for (rule, refresh) in zip(rules, refreshes) { try await read(refresh, rule, context, &outbox) }
        for (seq, reason) in try await publish(outbox.entries, context) { rejected[seq] = rejected[seq] ?? reason }
        return Delivery(
            merged: outbox.merged,
            rejected: rejected.sorted { $0.key < $1.key }.map { Delivery.Rejected(seq: $0.key, reason: $0.value) })
    }

    /// Throws if a rule needs something that the connection's protocol lacks.
    private func requireProperties(_ client: MQTTClient) throws {
        guard case .connected(_, version: .v311, _) = client.state,
            let index = rules.firstIndex(where: { $0.payload == .binaryCloudEvent })
        else { return }
        throw SinkError.unavailable(
            "\(options.broker) speaks MQTT 3.1.1, which has no user properties: publish.\(index).payload “cloudevents-binary” needs "
                + "MQTT 5; use “cloudevents”")
    }

    // MARK: Publishing

    /// Publishes and waits for all acknowledgements. Returns the messages that will never be taken, as reasons by event.
    func publish(_ entries: [Outbox.Entry], _ context: SinkContext) async throws -> [UInt64: String] {
        guard !entries.isEmpty else { return [:] }
        guard let client else { throw SinkError.unavailable("the sink was stopped") }
        // A display may confirm before the broker has acknowledged the message.
        note(entries, isPublished: false, context)
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
        note(entries, isPublished: true, context)
        return rejected
    }
}

extension MQTTSink: MeteredSink {
    /// The sink's counters of displays, and one gauge for each broker: 1 for the one to which the sink is connected.
    nonisolated var sinkMetrics: [SinkMetric] {
        let connected = peer.current
        let displays = counters.metrics(confirming: confirmations?.count ?? 0, stale: confirmations?.staleCount ?? 0)
        return displays
            + options.broker.all.map { broker in
                SinkMetric(
                    "mqtt_connected", "Whether the sink is connected to this broker.",
                    labels: [.init("broker", broker.description)], .gauge(broker == connected ? 1 : 0))
            }
    }
}

/// The broker to which a client is connected, for readers on other threads.
final class ConnectedBroker: Sendable {
    private let broker = Mutex<BrokerAddress?>(nil)

    var current: BrokerAddress? { broker.withLock { $0 } }

    func note(_ state: MQTTConnectionState) {
        broker.withLock { $0 = state.broker }
    }
}
