import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Handles one batch after the other: numbers, submits, answers.
struct ScanService: ~Copyable {
    private let context: SourceContext
    private let desk: ScanDesk
    private let statuses: ScanTopic?
    private let answering: any AnswerPublisher
    private var numbering: PacketNumbering
    private var presence: PresenceBook
    private var bounces = BounceWindow()
    private var tags = TagWindow()
    /// The session of the batch before.
    private var session = 0
    private var stored: UInt64
    private let retry = RetryPolicy(initial: .milliseconds(50), maximum: .seconds(5))

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

    /// A message of scans with what becomes of it.
    private struct Work {
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
    }

    /// Does all that a batch asks for. Answers whether it may be acknowledged: not if the task was cancelled before every message was
    /// decided and answered. `arrival` is when its messages came in, if that is known.
    mutating func handle(_ batch: InboundBatch, arrival: TimeSpan?) async -> Bool {
        if batch.session != session {
            session = batch.session
            numbering.beginSession()
        }
        let now = context.now()
        context.status.update { $0.received += UInt64(batch.messages.count) }
        var answers: [[MQTTMessage]] = Array(repeating: [], count: batch.messages.count)
        var works: [(index: Int, work: Work)] = []
        for (index, message) in batch.messages.enumerated() {
            let number = message.packetID.map { numbering.number(of: $0, isRedelivery: message.isRedelivery) }
            if let device = statuses?.device(of: message.topic) {
                guard await take(message, ofStatusOf: device) else { return false }
                continue
            }
            let order = desk.order(for: message, now: now) {
                number.map { ScanIdentity.id(source: context.name, number: $0, message) }
                    ?? ScanIdentity.random(source: context.name)
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
        guard await decide(&works), await noteSigns(of: works.map(\.work)) else { return false }
        for (index, work) in works {
            let reply = settle(work, now)
            answers[index] = desk.answers(reply, to: work.message, work.order.addressee, now: now)
        }
        return await publish(answers.flatMap(\.self))
    }

    // MARK: Scans that were counted before

    private mutating func work(
        for order: ScanOrder, _ message: InboundMessage, isNumbered: Bool, _ arrival: TimeSpan?, _ now: Timestamp
    ) -> Work {
        let device = order.addressee.name
        var work = Work(
            message: message, order: order, open: Array(order.tasks.indices),
            outcomes: Array(repeating: nil, count: order.tasks.count),
            isFirst: isNumbered && !message.isRedelivery && order.tasks.allSatisfy { !$0.idIsGiven })
        // What comes again is judged by its id.
        guard !message.isRedelivery else { return work }
        if let window = order.settings.bounce, order.grouping == .one, let task = order.tasks.first, !task.isTag {
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
            let window = order.settings.tagWindow ?? Self.tagWindow
            return task.isTag && !tags.see(task.key, by: device, at: now, window: window)
        }
        return work
    }

    /// Notes what became of a message of scans, and makes its answer.
    private mutating func settle(_ work: Work, _ now: Timestamp) -> ScanReply {
        let order = work.order
        let device = order.addressee.name
        let skipped = order.tasks.count - work.outcomes.count { $0 != nil }
        work.verdict?.outcome = work.outcomes.first ?? nil
        for (task, outcome) in zip(order.tasks, work.outcomes) {
            guard let outcome else { continue }
            context.status.count(outcome)
            if task.isTag, case .rejected = outcome { tags.forget(task.key, of: device) }
        }
        if skipped > 0 { context.status.update { $0.ignored += UInt64(skipped) } }
        context.devices.update(device, of: context.name) { record in
            record.lastSeen = now
            record.counters.bounced += UInt64(skipped)
            for outcome in work.outcomes { record.count(outcome) }
        }
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

    // MARK: Presence

    private mutating func take(_ message: InboundMessage, ofStatusOf device: String) async -> Bool {
        // An empty retained message is how a status is taken away.
        guard (1...Limits.sourceLength).contains(device.count), !message.payload.isEmpty || message.isOversized else { return true }
        do throws(MalformedScan) {
            guard !message.isOversized else { throw MalformedScan("the payload is over the limit") }
            let status = try DeviceStatus(message.payload)
            return await untilDone("a device's status cannot be stored") { service in
                try await service.presence.take(status, of: device, isRetained: message.isRetained)
            }
        } catch {
            context.status.update { $0.malformed += 1 }
            context.devices.update(device, of: context.name) { $0.lastError = "its status: \(error.description)" }
            return true
        }
    }

    private mutating func noteSigns(of works: [Work]) async -> Bool {
        for work in works where !work.message.isRedelivery {
            let device = work.order.addressee.name
            let isDone = await untilDone("a device's status cannot be stored") { service in
                try await service.presence.noteSign(of: device)
            }
            guard isDone else { return false }
        }
        return true
    }

    private mutating func untilDone(
        _ problem: String, _ body: (inout ScanService) async throws -> Void
    ) async -> Bool {
        var failures = 0
        while true {
            do {
                try await body(&self)
                return true
            } catch {
                failures += 1
                guard await pause(failures, "\(problem): \(error)") else { return false }
            }
        }
    }

    // MARK: Deciding

    /// Submits until each task that is open has an outcome that is final.
    private mutating func decide(_ works: inout [(index: Int, work: Work)]) async -> Bool {
        var failures = 0
        while true {
            let open = works.indices.flatMap { index in works[index].work.open.map { (index, $0) } }
            guard !open.isEmpty else { return true }
            guard await storeReservation() else { return false }
            let outcomes = await context.gateway.decide(open.map { works[$0.0].work.order.tasks[$0.1].command })
            var problem: Rejection?
            var taken: [Int: [Int]] = [:]
            for ((index, task), outcome) in zip(open, outcomes) {
                if case .rejected(let rejection) = outcome, rejection.code == .overloaded || rejection.code == .unavailable {
                    problem = rejection
                } else if works[index].work.isFirst, failures == 0, case .applied(let receipt) = outcome,
                    receipt.status == .duplicate
                {
                    taken[index, default: []].append(task)
                } else {
                    works[index].work.outcomes[task] = outcome
                    works[index].work.open.removeAll { $0 == task }
                }
            }
            for (index, tasks) in taken.sorted(by: { $0.key < $1.key }) { renumber(tasks, of: &works[index].work) }
            guard let problem else { continue }
            failures += 1
            guard await pause(failures, "nothing is acknowledged: \(problem.message)") else { return false }
        }
    }

    /// A packet that comes for the first time is no repeat: the broker does not count as numbering expects. Its tasks get new ids.
    private mutating func renumber(_ tasks: [Int], of work: inout Work) {
        guard let packetID = work.message.packetID else { return }
        let base = ScanIdentity.id(source: context.name, number: numbering.renumber(packetID), work.message)
        for task in tasks {
            let isApart = work.order.grouping == .apart
            work.order.tasks[task].command.id = isApart ? "\(base)-\(work.order.tasks[task].index)" : base
        }
    }

    /// Stores how far numbers are given, if that has grown.
    private mutating func storeReservation() async -> Bool {
        var failures = 0
        while numbering.reserved > stored {
            do {
                try await context.bookmark.store(numbering.reserved)
                stored = numbering.reserved
            } catch {
                failures += 1
                guard await pause(failures, "the count of packets cannot be stored: \(error)") else { return false }
            }
        }
        return true
    }

    // MARK: Answering

    /// Publishes until the broker has all answers, or has said that it will not take some.
    private func publish(_ answers: [MQTTMessage]) async -> Bool {
        var failures = 0
        while true {
            do {
                let results = try await answering.publish(answers)
                for (answer, result) in zip(answers, results) {
                    guard let reason = result.refusal else { continue }
                    context.logger.warning("An answer was refused.", metadata: ["topic": "\(answer.topic)", "reason": "\(reason)"])
                    context.status.update { $0.lastError = "the answer to \(answer.topic) was refused: \(reason)" }
                }
                return true
            } catch {
                failures += 1
                guard await pause(failures, "\(error)") else { return false }
            }
        }
    }

    /// Pauses before another try. Answers `false` when the task is cancelled.
    private func pause(_ failures: Int, _ reason: String) async -> Bool {
        if failures == 1 { context.logger.warning("Scans wait.", metadata: ["reason": "\(reason)"]) }
        context.status.update {
            $0.state = "waiting"
            $0.lastError = reason
        }
        do {
            try await Task.sleep(for: retry.pause(afterFailures: failures))
            return true
        } catch {
            return false
        }
    }
}

extension SourceStatus {
    func count(_ outcome: Outcome) {
        update { snapshot in
            switch outcome {
            case .applied(let receipt) where receipt.status == .duplicate: snapshot.duplicates += 1
            case .applied: snapshot.applied += 1
            case .rejected: snapshot.rejected += 1
            }
        }
    }
}

extension DeviceRecord {
    fileprivate mutating func count(_ outcome: Outcome?) {
        switch outcome {
        case .applied(let receipt) where receipt.status == .duplicate: counters.duplicates += 1
        case .applied: counters.applied += 1
        case .rejected(let rejection):
            counters.rejected += 1
            lastError = rejection.message
        case nil: break
        }
    }
}
