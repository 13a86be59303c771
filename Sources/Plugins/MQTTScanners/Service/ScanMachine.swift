import Backoff
import DequeModule
import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Decides what becomes of messages: it takes inputs, and returns the effects to carry out.
///
/// The machine waits for nothing, submits nothing and publishes nothing: ``ScanDriver`` carries out the effects and brings their
/// results as inputs. Apart from that the machine only reads and counts in the context's registries.
///
/// ## The way of a batch
/// 1. A batch is *begun*: each message becomes a refusal, a status or an order. The batch's commands are submitted in the order of
/// the messages, after those of earlier batches. The next batch is begun without waiting for the outcomes.
/// 2. When all commands of the first of the begun batches have outcomes, that batch is *settled*: its replies are published.
/// 3. When the broker has all replies, the batch is acknowledged.
///
/// ## What holds everything up
/// While a job runs, and during the pause after a failure, nothing else happens, so that nothing overtakes. Commands that were
/// refused as `overloaded`, `unavailable` or `unknown` are submitted again after a pause, in their order and with their ids. The
/// commands after them in the same ``CommandLane`` were refused too, and follow in a new lane. No batch is begun before all of them
/// are in that lane. Nobody gets a reply before there is a decision.
struct ScanMachine: ~Copyable {
    /// What the machine is told.
    enum Input: Sendable {
        case received(InboundBatch)
        /// The commands of the submission `number` have outcomes.
        case decided([Outcome], number: Int)
        /// The broker took or refused the messages of the publication `number`, or they could not be sent.
        case published(Result<[PublishResult], any Error>, number: Int)
        /// The job is done. `marks` are those that `loadMarks` read.
        case done(marks: [String: UInt64?] = [:])
        /// The job failed.
        case failed(reason: String)
        /// The pause is over.
        case resumed
        /// The server shuts down: no batch is begun any more, and the batches that were begun are finished.
        case stopping
    }

    /// What the driver has to do. The effects of one input are carried out in their order.
    enum Effect: Sendable {
        case submit([Command], in: CommandLane, number: Int)
        /// `isRepeated`: the publication failed before, so the client may have to connect first.
        case publish([MQTTMessage], number: Int, isRepeated: Bool)
        case acknowledge(InboundBatch)
        case run(Job)
        case pause(Duration)
        /// A failure is over.
        case goOn
        /// Every batch that was begun is finished, or cannot be. No effect follows.
        case end
    }

    /// Work that takes time. Everything else waits for it.
    enum Job: Sendable {
        /// Stores how far packets are numbered.
        case storeReservation(UInt64)
        case loadMarks([String])
        case storeMarks([(device: String, number: UInt64)])
        case storeModes([String: ModeTable.Device])
        /// Writes a message that is not handled any more into the file of messages that are set aside, and reports that.
        case setAside(InboundMessage, device: String, report: Command, at: Timestamp)
    }

    private let context: SourceContext
    private var reader: BatchReader
    /// The ``PacketNumbering/reserved`` that is stored.
    private var stored: UInt64
    private var presence: DevicePresence
    /// Batches that came and were not begun.
    private var waiting: Deque<InboundBatch> = []
    /// The batch that is about to be begun, while jobs hold it up.
    private var draft: ReadBatch?
    private var begun: Deque<Begun> = []
    private var publications: Deque<Publication> = []
    /// The lane in which commands are submitted now.
    private var lane = CommandLane()
    /// The number of the last submission or publication.
    private var number = 0
    private var obstacle: Obstacle?
    private var jobFailures = 0
    private var isStopping = false
    private var hasEnded = false
    /// How many replies the broker refused.
    private var refusedReplies: UInt64 = 0
    private var effects: [Effect] = []
    private let retry = Backoff(initial: .milliseconds(50), maximum: .seconds(5))

    init(_ context: SourceContext, _ reader: BatchReader) {
        self.context = context
        self.reader = reader
        stored = reader.numbering.reserved
        presence = DevicePresence(source: context.name, registry: context.devices)
    }

    /// A batch whose commands were submitted.
    private struct Begun {
        /// What has to be done next with a batch, once it is the first.
        enum Stage {
            case underWay
            case decided([Outcome])
            case submitAgain
            case settle
        }

        let batch: InboundBatch
        let now: Timestamp
        var replies: [[MQTTMessage]]
        var scans: [ReadBatch.Scans]
        /// Changes of presence whose reports have no outcome yet, and marks that have to be stored.
        var changes: [DevicePresence.Change]
        var marks: [(device: String, number: UInt64)]
        var stage = Stage.underWay
        /// The number of the last submission.
        var number = 0
        var lane: CommandLane
        var reports = 0
        var places: [(scans: Int, item: Int)] = []
        var failures = 0
        /// Whether a command may have been applied without an outcome. It is then a `duplicate` next time, and no sign that the broker
        /// counts otherwise.
        var isUncertain = false

        /// Whether the next step can be done once the batch is the first.
        var isReady: Bool { if case .underWay = stage { false } else { true } }
    }

    /// The replies to a batch.
    private struct Publication {
        enum Stage {
            case underWay
            case answered(Result<[PublishResult], any Error>)
            case publishAgain
        }

        let batch: InboundBatch
        let replies: [MQTTMessage]
        var stage: Stage
        var number: Int
        var failures = 0
        /// Whether a command may have been applied without an outcome. It is then a `duplicate` next time, and no sign that the broker
        /// counts otherwise.
        var isUncertain = false

        var isReady: Bool { if case .underWay = stage { false } else { true } }
    }

    private enum Obstacle {
        case job(Job)
        /// A pause. The job is one that failed; it is tried again after the pause.
        case pause(Job?)
    }

    // MARK: Inputs

    /// Takes an input at the time `now`, and returns the effects to carry out.
    mutating func take(_ input: Input, at now: Timestamp) -> [Effect] {
        guard !hasEnded else { return [] }
        switch input {
        case .received(let batch): if !isStopping { waiting.append(batch) }
        case .decided(let outcomes, let number):
            if let index = begun.firstIndex(where: { $0.number == number }) { begun[index].stage = .decided(outcomes) }
        case .published(let result, let number):
            if let index = publications.firstIndex(where: { $0.number == number }) {
                publications[index].stage = .answered(result)
            }
        case .done(let marks): finishJob(marks)
        case .failed(let reason):
            guard case .job(let job) = obstacle else { break }
            jobFailures += 1
            pause(jobFailures, reason, before: job)
        case .resumed:
            guard case .pause(let job) = obstacle else { break }
            obstacle = nil
            if let job { run(job) }
        case .stopping:
            isStopping = true
            waiting = []
            if case .pause = obstacle { end() }
        }
        advance(now)
        defer { effects = [] }
        return effects
    }

    /// Takes every step that is possible now.
    private mutating func advance(_ now: Timestamp) {
        while obstacle == nil, !hasEnded {
            if !begun.isEmpty, begun[0].isReady {
                goOnWithFirstBegun()
            } else if !publications.isEmpty, publications[0].isReady {
                goOnWithFirstPublication()
            } else if draft != nil, isInOneLane {
                submitDraft()
            } else if draft == nil, isInOneLane, let batch = waiting.popFirst() {
                draft = reader.read(batch, at: now)
            } else if isStopping, draft == nil, begun.isEmpty, publications.isEmpty {
                end()
            } else {
                break
            }
        }
    }

    /// Whether all submitted commands without an outcome are in the lane that is used now.
    private var isInOneLane: Bool { !lane.isBroken && (begun.last.map { $0.lane === lane } ?? true) }

    private mutating func end() {
        hasEnded = true
        effects.append(.end)
    }

    // MARK: Jobs and pauses

    private mutating func run(_ job: Job) {
        obstacle = .job(job)
        effects.append(.run(job))
    }

    private mutating func finishJob(_ marks: [String: UInt64?]) {
        guard case .job(let job) = obstacle else { return }
        obstacle = nil
        if jobFailures > 0 { effects.append(.goOn) }
        jobFailures = 0
        switch job {
        case .storeReservation(let number): stored = number
        case .loadMarks: presence.learn(marks)
        case .storeMarks(let marks):
            for (device, number) in marks { if let mark = PresenceMark(number) { presence.show(mark, of: device) } }
            begun[0].marks = []
        case .storeModes: reader.noteStoredModes()
        case .setAside(let message, let device, let report, let now): replyToSetAside(message, device, report, now)
        }
    }

    /// Holds everything up after a failure. `failures` counts the failures of its kind in a row.
    private mutating func pause(_ failures: Int, _ reason: String, before job: Job? = nil) {
        guard !isStopping else { return end() }
        if failures == 1 {
            context.logger.warning(
                "Scans wait, because the server cannot decide them or reply to them now. It acknowledges none of them and tries again.",
                metadata: ["reason": "\(reason)"])
        }
        context.status.update {
            $0.state = "waiting"
            $0.lastError = reason
        }
        obstacle = .pause(job)
        effects.append(.pause(retry.pause(afterFailures: failures)))
    }

    // MARK: Beginning

    /// Submits the batch that is about to be begun, or runs the next job that the batch needs.
    private mutating func submitDraft() {
        guard let draft else { return }
        if let index = draft.poison.first { return setAside(draft.batch.messages[index], draft.now) }
        let signs = draft.scans.lazy.filter { !$0.message.isRedelivery }.map(\.order.sender.name)
        let devices = draft.statuses.map(\.device) + signs.filter { [presence] in presence.isOffline($0) }
        let unknown = devices.isEmpty ? [] : presence.unknown(among: Set(devices))
        guard unknown.isEmpty else { return run(.loadMarks(unknown)) }
        guard reader.numbering.reserved <= stored else { return run(.storeReservation(reader.numbering.reserved)) }
        guard reader.interpreter.modes.isStored else { return run(.storeModes(reader.interpreter.modes.devices)) }
        self.draft = nil
        let changes = presence.take(draft.statuses, at: draft.now) + presence.noteSigns(of: signs, at: draft.now)
        begun.append(
            Begun(
                batch: draft.batch, now: draft.now, replies: draft.replies, scans: draft.scans, changes: changes,
                marks: changes.map { ($0.device, $0.mark.number) }, lane: lane))
        submit(at: begun.count - 1)
    }

    /// Submits the commands of a begun batch that have no outcome: the reports of devices before the scans.
    private mutating func submit(at index: Int) {
        let reports = begun[index].changes.compactMap(\.report)
        var commands = reports
        var places: [(scans: Int, item: Int)] = []
        places.reserveCapacity(begun[index].scans.count)
        for (position, scans) in begun[index].scans.enumerated() {
            for (item, part) in scans.order.items.enumerated() where part.isOpen {
                places.append((position, item))
                commands.append(scans.order.command(for: part))
            }
        }
        number += 1
        begun[index].number = number
        begun[index].lane = lane
        begun[index].reports = reports.count
        begun[index].places = places
        if commands.isEmpty {
            begun[index].stage = .settle
        } else {
            begun[index].stage = .underWay
            effects.append(.submit(commands, in: lane, number: number))
        }
    }

    // MARK: Outcomes

    private mutating func goOnWithFirstBegun() {
        switch begun[0].stage {
        case .underWay: break
        case .decided(let outcomes): take(outcomes)
        case .submitAgain:
            if reader.numbering.reserved > stored { run(.storeReservation(reader.numbering.reserved)) } else { submit(at: 0) }
        case .settle:
            if begun[0].marks.isEmpty { settle(begun.removeFirst()) } else { run(.storeMarks(begun[0].marks)) }
        }
    }

    /// Takes the outcomes of the first begun batch. Commands that the server could not take, or of which nobody can say whether it
    /// did, are submitted again.
    private mutating func take(_ outcomes: [Outcome]) {
        let reports = outcomes.prefix(begun[0].reports)
        var problem = reports.compactMap(\.rejection).first { !$0.code.isFinal }
        if problem == nil { begun[0].changes = [] }
        var taken: [Int: [Int]] = [:]
        let mayRenumber = begun[0].failures == 0 && !begun[0].isUncertain
        for (place, outcome) in zip(begun[0].places, outcomes.dropFirst(begun[0].reports)) {
            if let rejection = outcome.rejection, rejection.code.isPassing {
                problem = rejection
                if rejection.code == .unknown { begun[0].isUncertain = true }
            } else if mayRenumber, outcome.receipt?.status == .duplicate, begun[0].scans[place.scans].isFirst {
                taken[place.scans, default: []].append(place.item)
            } else {
                begun[0].scans[place.scans].order.items[place.item].progress = .decided(outcome)
            }
        }
        for (scans, items) in taken.sorted(by: { $0.key < $1.key }) { renumber(items, of: scans) }
        guard problem != nil || !taken.isEmpty else {
            if begun[0].failures > 0 { effects.append(.goOn) }
            begun[0].stage = .settle
            return
        }
        begun[0].stage = .submitAgain
        guard let problem else { return }
        // A batch that was refused only because of an earlier failure is submitted again at once, since that failure is over.
        let isOwn = begun[0].lane === lane
        if lane.isBroken { lane = CommandLane() }
        guard isOwn else { return }
        begun[0].failures += 1
        pause(begun[0].failures, "nothing is acknowledged: \(problem.message)")
    }

    /// Gives items new ids: a packet that is delivered for the first time cannot be a repeat, so the broker does not count as the
    /// numbering expects.
    private mutating func renumber(_ items: [Int], of scans: Int) {
        let message = begun[0].scans[scans].message
        guard let packetID = message.packetID else { return }
        let base = ScanIdentity.id(source: context.name, number: reader.numbering.renumber(packetID), message)
        let isApart = begun[0].scans[scans].order.grouping == .apart
        for item in items {
            let index = begun[0].scans[scans].order.items[item].index
            begun[0].scans[scans].order.items[item].id = isApart ? "\(base)-\(index)" : base
        }
    }

    /// Publishes the replies to a batch of which every command is decided.
    private mutating func settle(_ batch: Begun) {
        var replies = batch.replies
        reader.settle(batch.scans, at: batch.now, into: &replies)
        publish(Publication(batch: batch.batch, replies: replies.flatMap(\.self), stage: .underWay, number: 0))
    }

    // MARK: Replies

    private mutating func publish(_ publication: Publication, isRepeated: Bool = false) {
        number += 1
        var publication = publication
        publication.number = number
        if publication.replies.isEmpty {
            publication.stage = .answered(.success([]))
        } else {
            publication.stage = .underWay
            effects.append(.publish(publication.replies, number: number, isRepeated: isRepeated))
        }
        if isRepeated { publications[0] = publication } else { publications.append(publication) }
    }

    private mutating func goOnWithFirstPublication() {
        switch publications[0].stage {
        case .underWay: break
        case .publishAgain: publish(publications[0], isRepeated: true)
        case .answered(.success(let results)):
            let publication = publications.removeFirst()
            note(refusalsAmong: results, of: publication.replies)
            if publication.failures > 1 { effects.append(.goOn) }
            effects.append(.acknowledge(publication.batch))
        case .answered(.failure(let error)):
            publications[0].failures += 1
            publications[0].stage = .publishAgain
            // The first failure may only mean that the client was not connected yet.
            let failures = publications[0].failures - 1
            if failures > 0 { pause(failures, "\(error)") }
        }
    }

    private mutating func note(refusalsAmong results: [PublishResult], of replies: [MQTTMessage]) {
        for (reply, result) in zip(replies, results) {
            guard let reason = result.refusal else { continue }
            let topic = reply.topic.excerpt
            context.status.update { $0.lastError = "the reply to \(topic) was refused: \(reason)" }
            // Logged at powers of two only: a scanner whose replies are refused scans again.
            refusedReplies += 1
            if refusedReplies.nonzeroBitCount == 1 {
                context.logger.warning(
                    "The broker refused a reply to a scanner. The scan itself is decided: check the broker's access list.",
                    metadata: ["topic": "\(topic)", "reason": "\(reason)", "refused": "\(refusedReplies)"])
            }
        }
    }

    // MARK: Messages that are not handled any more

    private mutating func setAside(_ message: InboundMessage, _ now: Timestamp) {
        guard let setAside = context.setAside else { return }
        let device = reader.device(of: message)
        let report = ScanSetAside(
            device: device, source: context.name, topic: message.topic.excerpt, file: setAside.file(of: context.name))
        let command = Command(
            id: "set-aside-" + String(message.mark, radix: 16), source: context.name, action: .report(.setAside(report)))
        run(.setAside(message, device: device, report: command, at: now))
    }

    private mutating func replyToSetAside(_ message: InboundMessage, _ device: String, _ report: Command, _ now: Timestamp) {
        guard let index = draft?.poison.removeFirst(), let setAside = context.setAside else { return }
        context.status.update { $0.malformed += 1 }
        context.logger.error(
            "A message was being handled when the server crashed, twice in a row. It is set aside and not handled again.",
            metadata: [
                "device": "\(device.excerpt)", "topic": "\(message.topic.excerpt)", "file": "\(setAside.file(of: context.name))",
            ])
        let rejection = Rejection(.invalidRequest, "this message ended the server twice and was set aside: tell who runs it")
        let reply = ScanReply(
            id: ScanPayload.id(inMalformed: message.payload) ?? report.id ?? "", outcome: .rejected(rejection))
        let sender = ScanSender(device: device, name: device)
        draft?.replies[index] = reader.interpreter.messages(for: reply, to: message, sender, now: now)
    }
}

extension PublishResult {
    /// Why the broker did not take the message; `nil` if it did.
    fileprivate var refusal: String? {
        switch self {
        case .accepted: nil
        case .rejected(let reason), .denied(let reason): reason
        }
    }
}
