import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Handles batches: numbers and submits each, waits for what is decided, and answers.
///
/// A batch is begun and later finished, so that the next one is read and handed in while the engine decides and the disk writes.
struct ScanService: ~Copyable {
    let context: SourceContext
    private var desk: ScanDesk
    private let statuses: ScanTopic?
    let answering: any AnswerPublisher
    var numbering: PacketNumbering
    var presence: PresenceBook
    private var bounces = BounceWindow()
    private var tags = TagWindow()
    /// The session of the batch before.
    private var session = 0
    var stored: UInt64
    let retry = RetryPolicy(initial: .milliseconds(50), maximum: .seconds(5))

    private static let tagWindow = Duration.seconds(600)

    init(
        _ context: SourceContext, desk: ScanDesk, statuses: ScanTopic?, answering: any AnswerPublisher, numbering: PacketNumbering
    ) {
        self.context = context
        self.desk = desk
        self.statuses = statuses
        self.answering = answering
        self.numbering = numbering
        presence = PresenceBook(context)
        stored = numbering.reserved
    }

    /// A message of scans with what becomes of it. It is a reference, since it is handed on several times.
    final class Work {
        let message: InboundMessage
        var order: ScanOrder
        /// Which of the order's tasks are submitted; the others were counted before.
        var open: [Int]
        /// One for each task, once it is decided.
        var outcomes: [Outcome?]
        /// The scan that this one is a bounce of.
        var bounceOf: BounceWindow.Verdict?
        /// The device's last scan, if this is it.
        var verdict: BounceWindow.Verdict?
        /// Whether the ids were made here from the packet of a first delivery: then nothing can have had them before.
        let isFirst: Bool

        init(_ message: InboundMessage, _ order: ScanOrder, isFirst: Bool) {
            self.message = message
            self.order = order
            self.isFirst = isFirst
            open = Array(order.tasks.indices)
            outcomes = Array(repeating: nil, count: order.tasks.count)
        }
    }

    /// What was begun and is not finished.
    struct Submission {
        /// One for each message; what is answered already.
        var answers: [[MQTTMessage]]
        /// The messages of scans, each with its place.
        var works: [(index: Int, work: Work)]
        let decisions: Decisions
        let now: Timestamp

        /// Whether something of it could not even be handed in, so that nothing may be until it is finished.
        var isOverloaded: Bool { decisions.isOverloaded }
    }

    /// Begins with a batch: what it asks for is handed in when this returns. `nil` if the task was cancelled before that. `arrival` is when
    /// its messages came in, if that is known.
    mutating func begin(_ batch: InboundBatch, arrival: TimeSpan?) async -> Submission? {
        if batch.session != session {
            session = batch.session
            numbering.beginSession()
        }
        let now = context.now()
        context.status.update { $0.received += UInt64(batch.messages.count) }
        var answers: [[MQTTMessage]] = Array(repeating: [], count: batch.messages.count)
        var works: [(index: Int, work: Work)] = []
        works.reserveCapacity(batch.messages.count)
        for (index, message) in batch.messages.enumerated() {
            let number = message.packetID.map { numbering.number(of: $0, isRedelivery: message.isRedelivery) }
            if !desk.takesScans(on: message.topic), let device = statuses?.device(of: message.topic) {
                guard await take(message, ofStatusOf: device) else { return nil }
                continue
            }
            let name = context.name
            let order = desk.order(for: message, now: now) {
                number.map { ScanIdentity.id(source: name, number: $0, message) } ?? ScanIdentity.random(source: name)
            }
            switch order {
            case .ignore: context.status.update { $0.ignored += 1 }
            case .refuse(let reply, let addressee):
                refuse(reply, addressee, now)
                answers[index] = desk.answers(reply, to: message, addressee, now: now)
            case .submit(let order):
                works.append((index, work(for: order, message, isNumbered: number != nil, arrival, now)))
            }
        }
        guard await noteSigns(of: works), await storeReservation() else { return nil }
        return Submission(answers: answers, works: works, decisions: submit(works), now: now)
    }

    /// Waits until everything is decided, and answers. Answers whether the batch may be acknowledged: not if the task was cancelled before
    /// every message was decided and answered. Submissions are finished in the order in which they were begun.
    mutating func finish(_ submission: consuming Submission) async -> Bool {
        let works = submission.works
        guard await decide(works, submission.decisions) else { return false }
        var answers = submission.answers
        var tally = ScanTally(works.first?.work.order.addressee.name ?? "")
        for (index, work) in works {
            if tally.device != work.order.addressee.name {
                tally.note(in: context, submission.now)
                tally = ScanTally(work.order.addressee.name)
            }
            let reply = settle(work, &tally)
            answers[index] = desk.answers(reply, to: work.message, work.order.addressee, now: submission.now)
        }
        if !works.isEmpty { tally.note(in: context, submission.now) }
        return await publish(answers.flatMap(\.self))
    }

    // MARK: Scans that were counted before

    private mutating func work(
        for order: ScanOrder, _ message: InboundMessage, isNumbered: Bool, _ arrival: TimeSpan?, _ now: Timestamp
    ) -> Work {
        let device = order.addressee.name
        let work = Work(
            message, order, isFirst: isNumbered && !message.isRedelivery && order.tasks.allSatisfy { !$0.idIsGiven })
        // What comes again is judged by its id.
        guard !message.isRedelivery else { return work }
        if let window = order.bounce, order.grouping == .one, let task = order.tasks.first, !task.isTag {
            var time = arrival
            if case .move(let movement) = task.command.action, let occurredAt = movement.occurredAt {
                time = TimeSpan(earliest: occurredAt, latest: occurredAt)
            }
            let (verdict, isBounce) = bounces.note(task.key, of: device, at: time, window: window)
            if isBounce {
                work.bounceOf = verdict
                work.open = []
            } else {
                work.verdict = verdict
            }
        }
        work.open.removeAll { index in
            let task = order.tasks[index]
            let window = order.tagWindow ?? Self.tagWindow
            return task.isTag && !tags.see(task.key, by: device, at: now, window: window)
        }
        return work
    }

    /// Notes what became of a message of scans, and makes its answer.
    private mutating func settle(_ work: Work, _ tally: inout ScanTally) -> ScanReply {
        let order = work.order
        let device = order.addressee.name
        let skipped = order.tasks.count - work.outcomes.count { $0 != nil }
        work.verdict?.outcome = work.outcomes.first ?? nil
        for (task, outcome) in zip(order.tasks, work.outcomes) {
            guard let outcome else { continue }
            tally.count(outcome)
            if task.isTag, case .rejected = outcome { tags.forget(task.key, of: device) }
        }
        tally.skipped += UInt64(skipped)
        var results = work.outcomes.compactMap(\.self)
        var note: ScanReply.Note?
        if let bounceOf = work.bounceOf {
            results = bounceOf.outcome.map { [$0] } ?? []
            note = ScanReply.Note(code: "bounced", message: "the same code again so soon is the same scan: it was counted once")
        } else if skipped > 0 {
            note = ScanReply.Note(code: "seen", message: "\(skipped) of \(order.tasks.count) tags were in sight and counted before")
        }
        return ScanReply(
            id: order.grouping == .apart ? order.id : order.tasks.first?.command.id ?? order.id, results: results,
            grouping: order.grouping, note: note)
    }

    private func refuse(_ reply: ScanReply, _ addressee: Addressee, _ now: Timestamp) {
        context.status.update { $0.malformed += 1 }
        // A name that cannot be a device's is not listed as one.
        guard (1...Limits.sourceLength).contains(addressee.name.count) else { return }
        context.devices.update(addressee.name, of: context.name) { record in
            record.lastSeen = now
            record.counters.malformed += 1
            if case .rejected(let rejection) = reply.results.first { record.lastError = rejection.message }
        }
    }
}
