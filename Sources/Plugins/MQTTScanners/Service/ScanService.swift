import DequeModule
import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Handles batches: numbers and submits each, waits for what is decided, and answers.
///
/// A batch is begun as soon as it comes and finished when it is decided, in order, so that the next ones are handed in while the engine
/// decides and the disk writes. It is acknowledged when its answers have arrived.
struct ScanService: ~Copyable {
    let context: SourceContext
    var desk: ScanDesk
    let statuses: ScanTopic?
    let answering: AnswerPublisher
    /// Called when something that was begun may be ready for ``proceed()``.
    let onChange: @Sendable () -> Void
    var numbering: PacketNumbering
    var presence: PresenceBook
    private var bounces = BounceWindow()
    private var tags = TagWindow()
    private var clock = ArrivalClock()
    /// The session of the batch before.
    private var session = 0
    var stored: UInt64
    /// Where it notes which message it handles.
    let handling: HandlingNote.Slot?
    /// What is handed in hangs together in it, so that nothing overtakes what could not be written. A broken one is replaced when what
    /// broke it is handed in again.
    var lane = CommandLane()
    /// Answers that the broker did not take.
    var refusedAnswers: UInt64 = 0
    /// What is begun, and after that what is being answered, in order.
    private var submissions: Deque<Submission> = []
    var publications: Deque<Publication> = []
    let retry = RetryPolicy(initial: .milliseconds(50), maximum: .seconds(5))

    private static let tagWindow = Duration.seconds(600)

    init(
        _ context: SourceContext, desk: ScanDesk, statuses: ScanTopic?, answering: AnswerPublisher, numbering: PacketNumbering,
        onChange: @escaping @Sendable () -> Void
    ) {
        self.context = context
        self.onChange = onChange
        self.desk = desk
        self.statuses = statuses
        self.answering = answering
        self.numbering = numbering
        presence = PresenceBook(context)
        handling = context.setAside?.note.slot()
        stored = numbering.reserved
    }

    /// A message of scans with what becomes of it. It is a reference, since it is handed on several times.
    final class Work {
        let message: InboundMessage
        var order: ScanOrder
        /// How far each of the order's tasks is.
        var progress: [Progress]
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
            progress = Array(repeating: .open, count: order.tasks.count)
        }

        enum Progress {
            case open
            /// It was counted before, and is not submitted.
            case skipped
            case decided(Outcome)

            var outcome: Outcome? { if case .decided(let outcome) = self { outcome } else { nil } }
        }
    }

    /// What was begun and is not decided.
    private struct Submission {
        let batch: InboundBatch
        /// One for each message; what is answered already.
        var answers: [[MQTTMessage]]
        /// The messages of scans, each with its place.
        let works: [(index: Int, work: Work)]
        let decisions: Decisions
        let now: Timestamp
    }

    // MARK: The way of a batch

    /// Begins with a batch: what it asks for is handed in when this returns. Answers `false` if the task was cancelled before that.
    mutating func begin(_ batch: InboundBatch) async -> Bool {
        // Nothing overtakes what the engine had no room for, or the journal could not write.
        if lane.isBroken { guard await finish() else { return false } }
        if batch.session != session {
            session = batch.session
            numbering.beginSession()
        }
        let now = context.now()
        let arrival = clock.arrival(of: batch, now: now)
        context.status.update { $0.received += UInt64(batch.messages.count) }
        var answers: [[MQTTMessage]] = Array(repeating: [], count: batch.messages.count)
        var works: [(index: Int, work: Work)] = []
        works.reserveCapacity(batch.messages.count)
        var words: [PresenceBook.Word] = []
        for (index, message) in batch.messages.enumerated() {
            let number = message.packetID.map { numbering.number(of: $0, isRedelivery: message.isRedelivery) }
            let mark = handling == nil ? 0 : message.mark
            if isPoison(mark) {
                guard let reply = await setAside(message, mark) else { return false }
                answers[index] = reply
                continue
            }
            // No device can have such a topic, and to compare it would hold up all others.
            guard StreamSafeText.isKept(by: message.topic.utf8) else {
                context.status.update { $0.ignored += 1 }
                continue
            }
            handling?.begin(mark)
            defer { handling?.end() }
            if !desk.takesScans(on: message.topic), let device = statuses?.device(of: message.topic) {
                if let word = word(message, ofStatusOf: device) { words.append(word) }
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
            case .submit(let order) where order.tasks.contains { isPoison($0.command.key) }:
                guard let reply = await setAside(message, mark) else { return false }
                answers[index] = reply
            case .submit(let order):
                works.append((index, work(for: order, message, isNumbered: number != nil, arrival, now)))
            }
        }
        guard await take(words), await noteSigns(of: works), await storeReservation() else { return false }
        submissions.append(Submission(batch: batch, answers: answers, works: works, decisions: submit(works), now: now))
        return true
    }

    /// Goes on with what is decided, and with what is answered. Answers `false` if the task was cancelled before some of that could be
    /// decided and answered for good: then no batch from there on is acknowledged.
    mutating func proceed() async -> Bool {
        while let first = submissions.first, first.decisions.outcomes.current != nil {
            guard await answerFirst() else { return false }
        }
        while let first = publications.first, let result = first.result.current {
            publications.removeFirst()
            guard await conclude(first, result) else { return false }
        }
        return true
    }

    /// Waits until all that was begun is decided, answered and acknowledged. Answers `false` as ``proceed()`` does.
    mutating func finish() async -> Bool {
        while !submissions.isEmpty { guard await answerFirst() else { return false } }
        while let first = publications.popFirst() {
            guard await conclude(first, await first.result.value) else { return false }
        }
        return true
    }

    /// Waits until the first submission is decided, and has the answers published.
    private mutating func answerFirst() async -> Bool {
        let submission = submissions.removeFirst()
        let works = submission.works
        guard await decide(works, submission.decisions) else { return false }
        var answers = submission.answers
        var tally = ScanTally(works.first?.work.order.addressee.name ?? "")
        for (index, work) in works {
            if tally.device != work.order.addressee.name {
                tally.note(in: context, submission.now)
                tally = ScanTally(work.order.addressee.name)
            }
            handling?.begin(handling == nil ? 0 : work.message.mark)
            defer { handling?.end() }
            let reply = settle(work, &tally)
            answers[index] = desk.answers(reply, to: work.message, work.order.addressee, now: submission.now)
        }
        if !works.isEmpty { tally.note(in: context, submission.now) }
        publish(answers.flatMap(\.self), to: submission.batch)
        return true
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
                work.progress[0] = .skipped
            } else {
                work.verdict = verdict
            }
        }
        for (index, task) in order.tasks.enumerated() where task.isTag {
            if !tags.see(task.key, by: device, at: now, window: order.tagWindow ?? Self.tagWindow) {
                work.progress[index] = .skipped
            }
        }
        return work
    }

    /// Notes what became of a message of scans, and makes its answer.
    private mutating func settle(_ work: Work, _ tally: inout ScanTally) -> ScanReply {
        let order = work.order
        let device = order.addressee.name
        var results: [Outcome] = []
        results.reserveCapacity(order.tasks.count)
        for (task, progress) in zip(order.tasks, work.progress) {
            guard let outcome = progress.outcome else { continue }
            results.append(outcome)
            tally.count(outcome)
            if task.isTag, case .rejected = outcome { tags.forget(task.key, of: device) }
        }
        work.verdict?.outcome = work.progress.first?.outcome
        let skipped = order.tasks.count - results.count
        tally.skipped += UInt64(skipped)
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
        guard Command.mistake(inDevice: addressee.name) == nil else { return }
        context.devices.update(addressee.name, of: context.name) { record in
            record.lastSeen = now
            record.counters.malformed += 1
            if case .rejected(let rejection) = reply.results.first { record.lastError = rejection.message }
        }
    }
}
