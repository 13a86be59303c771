import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// A batch whose messages were read: the scans and statuses in it, and the replies that are made already.
struct ReadBatch {
    let batch: InboundBatch
    /// When the batch was read.
    let now: Timestamp
    /// One list for each message of the batch.
    var replies: [[MQTTMessage]]
    var scans: [Scans] = []
    /// The statuses of devices.
    var statuses: [DevicePresence.PublishedStatus] = []
    /// The indices of the messages that have to be set aside.
    var poison: [Int] = []

    /// A message of scans, with the outcomes that its items have so far.
    struct Scans {
        /// The index of the message in the batch.
        let index: Int
        let message: InboundMessage
        var order: ScanOrder
        /// Whether the ids were made here from a packet without DUP, so that no earlier command can have had them.
        let isFirst: Bool
        /// Filled in when this scan is settled; `nil` for a scan that is not compared with later ones.
        var sharedOutcome: BounceWindow.SharedOutcome?
        /// The outcome of the previous scan, if this one is its bounce.
        var bounceOf: BounceWindow.SharedOutcome?
    }
}

/// Reads batches: numbers each packet, tells scans from statuses, and knows which scans were counted before.
///
/// Batches are read in their order. The reader submits nothing.
struct BatchReader {
    private let context: SourceContext
    private(set) var interpreter: ScanInterpreter
    private let statuses: ScanTopic?
    var numbering: PacketNumbering
    private var bounces = BounceWindow()
    private var tags = TagWindow()
    private var clock = ArrivalClock()
    /// Measures the time for which modes are not used. After a start the machine's clock is believed at once, since nobody can tell a
    /// clock that jumped from a server that did not run.
    private var steady = SteadyClock(from: nil, confirmation: .seconds(60))
    /// The time since some moment, which never falls.
    private let uptime: @Sendable () -> Duration
    /// The MQTT session of the previous batch.
    private var session = 0
    /// Where the reader notes which message it handles.
    private let handling: HandlingNote.Slot?

    private static let tagWindow = Duration.seconds(600)

    init(
        _ context: SourceContext, interpreter: ScanInterpreter, statuses: ScanTopic?, numbering: PacketNumbering,
        uptime: @escaping @Sendable () -> Duration = InventoryEngine.uptime
    ) {
        self.uptime = uptime
        self.context = context
        self.interpreter = interpreter
        self.statuses = statuses
        self.numbering = numbering
        handling = context.setAside?.note.slot()
    }

    // MARK: Reading

    /// Reads the batch that follows those before.
    mutating func read(_ batch: InboundBatch, at now: Timestamp) -> ReadBatch {
        if batch.session != session {
            session = batch.session
            numbering.beginSession()
        }
        let arrival = clock.arrival(of: batch, now: now)
        steady.read(now, uptime: uptime())
        context.status.update { $0.received += UInt64(batch.messages.count) }
        var result = ReadBatch(batch: batch, now: now, replies: Array(repeating: [], count: batch.messages.count))
        for (index, message) in batch.messages.enumerated() {
            let number = message.packetID.map { numbering.number(of: $0, isRedelivery: message.isRedelivery) }
            read(message, at: index, number, arrival, into: &result)
        }
        return result
    }

    private mutating func read(
        _ message: InboundMessage, at index: Int, _ number: UInt64?, _ arrival: TimeSpan?, into read: inout ReadBatch
    ) {
        let mark = handling == nil ? 0 : message.mark
        if isPoison(mark) { return read.poison.append(index) }
        // No device can have such a topic, and comparing it would hold up all other messages.
        guard StreamSafeText.isKept(by: message.topic.utf8) else { return context.status.update { $0.ignored += 1 } }
        handling?.begin(mark)
        defer { handling?.end() }
        if !interpreter.takesScans(on: message.topic), let device = statuses?.device(of: message.topic) {
            if let status = status(message, of: device) { read.statuses.append(status) }
            return
        }
        let name = context.name
        let moment = ModeTable.Moment(
            number: number, isRedelivery: message.isRedelivery,
            sent: arrival.map { steady.believed.advanced(by: .milliseconds($0.earliest.milliseconds - read.now.milliseconds)) },
            now: steady.believed)
        let meaning = interpreter.meaning(of: message, now: read.now, moment) {
            number.map { ScanIdentity.id(source: name, number: $0, message) } ?? ScanIdentity.random(source: name)
        }
        switch meaning {
        case .nothing: context.status.update { $0.ignored += 1 }
        case .refusal(let reply, let sender):
            note(refusal: reply, of: sender, read.now)
            read.replies[index] = interpreter.messages(for: reply, to: message, sender, now: read.now)
        case .control(let reply, let sender):
            context.devices.update(sender.name, of: context.name) { $0.lastSeen = read.now }
            read.replies[index] = interpreter.messages(for: reply, to: message, sender, now: read.now)
        case .order(let order):
            guard !isPoison(order) else { return read.poison.append(index) }
            var scans = ReadBatch.Scans(
                index: index, message: message, order: order,
                isFirst: number != nil && !message.isRedelivery && order.items.allSatisfy { !$0.idIsGiven })
            // A redelivered message is recognised by its id.
            if !message.isRedelivery { skipWhatWasCounted(in: &scans, arrival, read.now) }
            read.scans.append(scans)
        }
    }

    /// The device that sent `message`; `""` if the topic names none.
    mutating func device(of message: InboundMessage) -> String {
        interpreter.device(of: message.topic) ?? statuses?.device(of: message.topic).map(ScanInterpreter.name) ?? ""
    }

    /// What a status message says of a device; `nil` if the message is empty or not valid.
    private func status(_ message: InboundMessage, of level: String) -> DevicePresence.PublishedStatus? {
        let device = ScanInterpreter.name(level)
        // An empty retained message deletes a status.
        guard Command.mistake(inDevice: device) == nil, !message.payload.isEmpty || message.isOversized else { return nil }
        do throws(MalformedScan) {
            guard !message.isOversized else { throw MalformedScan("the payload is over the limit") }
            return DevicePresence.PublishedStatus(
                device: device, status: try DeviceStatus(message.payload), isRetained: message.isRetained)
        } catch {
            context.status.update { $0.malformed += 1 }
            context.devices.update(device, of: context.name) { $0.lastError = "its status: \(error.description)" }
            return nil
        }
    }

    /// Whether the message with this mark was being handled at ``HandlingNote/limit`` crashes in a row.
    private func isPoison(_ mark: UInt64) -> Bool { context.setAside?.note.poison.contains(mark) == true }

    private func isPoison(_ order: ScanOrder) -> Bool {
        guard let poison = context.setAside?.note.poison, !poison.isEmpty else { return false }
        return order.items.contains { item in order.command(for: item).key.map { poison.contains(HandlingNote.mark($0)) } == true }
    }

    // MARK: Scans that were counted before

    private mutating func skipWhatWasCounted(in scans: inout ReadBatch.Scans, _ arrival: TimeSpan?, _ now: Timestamp) {
        let order = scans.order
        let device = order.sender.name
        if let window = order.bounce, order.grouping == .one, let item = order.items.first, !item.isTag {
            var time = arrival
            if let occurredAt = item.movement.occurredAt {
                time = TimeSpan(earliest: occurredAt, latest: occurredAt)
            }
            let (sharedOutcome, isBounce) = bounces.note(item.key, of: device, at: time, window: window)
            if isBounce {
                scans.bounceOf = sharedOutcome
                scans.order.items[0].progress = .skipped
            } else {
                scans.sharedOutcome = sharedOutcome
            }
        }
        for (index, item) in order.items.enumerated() where item.isTag {
            if !tags.see(item.key, by: device, at: now, window: order.tagWindow ?? Self.tagWindow) {
                scans.order.items[index].progress = .skipped
            }
        }
    }

    // MARK: Settling

    /// Adds the replies to scans of which every item is decided to the replies that are there.
    mutating func settle(_ batch: [ReadBatch.Scans], at now: Timestamp, into replies: inout [[MQTTMessage]]) {
        guard let first = batch.first else { return }
        var tally = ScanTally(first.order.sender.name)
        for scans in batch {
            let sender = scans.order.sender
            if tally.device != sender.name {
                tally.note(in: context, now)
                tally = ScanTally(sender.name)
            }
            handling?.begin(scans.message.mark)
            defer { handling?.end() }
            replies[scans.index] = interpreter.messages(for: reply(to: scans, &tally), to: scans.message, sender, now: now)
        }
        tally.note(in: context, now)
    }

    /// Notes what became of a message of scans, and returns its reply.
    private mutating func reply(to scans: ReadBatch.Scans, _ tally: inout ScanTally) -> ScanReply {
        let order = scans.order
        let device = order.sender.name
        var results: [Outcome] = []
        results.reserveCapacity(order.items.count)
        for item in order.items {
            guard case .decided(let outcome) = item.progress else { continue }
            results.append(outcome)
            tally.count(outcome)
            if item.isTag, outcome.rejection != nil { tags.forget(item.key, of: device) }
        }
        if let sharedOutcome = scans.sharedOutcome { sharedOutcome.outcome = results.first }
        let skipped = order.items.count - results.count
        tally.skipped += UInt64(skipped)
        var note: ScanReply.Note?
        if let bounceOf = scans.bounceOf {
            results = bounceOf.outcome.map { [$0] } ?? []
            note = ScanReply.Note(code: "bounced", message: "the same code again so soon is the same scan: it was counted once")
        } else if skipped > 0 {
            note = ScanReply.Note(code: "seen", message: "\(skipped) of \(order.items.count) tags were in sight and counted before")
        }
        return ScanReply(
            id: order.grouping == .apart ? order.id : order.items.first?.id ?? order.id, results: results,
            grouping: order.grouping, note: note, mode: order.mode.isEmpty ? nil : order.mode)
    }

    /// The modes of all devices are stored.
    mutating func noteStoredModes() { interpreter.modes.noteStored() }

    private func note(refusal reply: ScanReply, of sender: ScanSender, _ now: Timestamp) {
        context.status.update { $0.malformed += 1 }
        // A name that cannot be a device's is not listed.
        guard Command.mistake(inDevice: sender.name) == nil else { return }
        context.devices.update(sender.name, of: context.name) { record in
            record.lastSeen = now
            record.counters.malformed += 1
            if let rejection = reply.results.first?.rejection { record.lastError = rejection.message }
        }
    }
}

extension InboundMessage {
    /// A number that tells the message from other messages, the same whenever the message comes again.
    var mark: UInt64 {
        var topic = topic
        return topic.withUTF8 { topic in
            payload.withUnsafeBytes { HandlingNote.mark([UnsafeRawBufferPointer(topic), $0]) }
        }
    }
}
