import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Handles one batch after the other: numbers, submits, answers.
struct ScanService: ~Copyable {
    private let context: SourceContext
    private let desk: ScanDesk
    private let answering: any AnswerPublisher
    private var numbering: PacketNumbering
    /// The session of the batch before.
    private var session = 0
    private var stored: UInt64
    private let retry = RetryPolicy(initial: .milliseconds(50), maximum: .seconds(5))

    init(_ context: SourceContext, desk: ScanDesk, answering: any AnswerPublisher, numbering: PacketNumbering) {
        self.context = context
        self.desk = desk
        self.answering = answering
        self.numbering = numbering
        stored = numbering.reserved
    }

    /// A command of a batch, with the message that brought it.
    private struct Work {
        let index: Int
        let message: InboundMessage
        var command: Command
        let device: String
        let isList: Bool
        /// Whether the id was made here from the packet of a first delivery: then nothing can have had it before.
        let isFirst: Bool
        var outcome: Outcome?
    }

    /// Does all that a batch asks for. Answers whether it may be acknowledged: not if the task was cancelled before every message was
    /// decided and answered.
    mutating func handle(_ batch: InboundBatch) async -> Bool {
        if batch.session != session {
            session = batch.session
            numbering.beginSession()
        }
        var answers: [MQTTMessage?] = Array(repeating: nil, count: batch.messages.count)
        var works: [Work] = []
        for (index, message) in batch.messages.enumerated() {
            context.status.update { $0.received += 1 }
            let number = message.packetID.map { numbering.number(of: $0, isRedelivery: message.isRedelivery) }
            let order = desk.order(for: message) {
                number.map { ScanIdentity.id(source: context.name, number: $0, message) }
                    ?? ScanIdentity.random(source: context.name)
            }
            switch order {
            case .ignore: context.status.update { $0.ignored += 1 }
            case .refuse(let reply, let device):
                context.status.update { $0.malformed += 1 }
                answers[index] = desk.answer(reply, to: message, device: device)
            case .submit(let command, let device, let isList, let idIsGiven):
                works.append(
                    Work(
                        index: index, message: message, command: command, device: device, isList: isList,
                        isFirst: !idIsGiven && number != nil && !message.isRedelivery))
            }
        }
        guard await decide(&works) else { return false }
        for work in works {
            guard let outcome = work.outcome else { continue }
            context.status.count(outcome)
            let reply = ScanReply(id: work.command.id ?? "", outcome: outcome, isList: work.isList)
            answers[work.index] = desk.answer(reply, to: work.message, device: work.device)
        }
        return await publish(answers.compactMap(\.self))
    }

    // MARK: Deciding

    /// Submits until each work has an outcome that is final.
    private mutating func decide(_ works: inout [Work]) async -> Bool {
        var failures = 0
        var open = Array(works.indices)
        while !open.isEmpty {
            guard await storeReservation() else { return false }
            let outcomes = await context.gateway.decide(open.map { works[$0].command })
            var problem: Rejection?
            var remaining: [Int] = []
            for (index, outcome) in zip(open, outcomes) {
                if case .rejected(let rejection) = outcome, rejection.code == .overloaded || rejection.code == .unavailable {
                    problem = rejection
                    remaining.append(index)
                } else if works[index].isFirst, failures == 0, let packetID = works[index].message.packetID,
                    case .applied(let receipt) = outcome, receipt.status == .duplicate
                {
                    // A packet that comes for the first time is no repeat: the broker does not count as numbering expects.
                    let number = numbering.renumber(packetID)
                    works[index].command.id = ScanIdentity.id(source: context.name, number: number, works[index].message)
                    remaining.append(index)
                } else {
                    works[index].outcome = outcome
                }
            }
            open = remaining
            guard let problem else { continue }
            failures += 1
            guard await pause(failures, "nothing is acknowledged: \(problem.message)") else { return false }
        }
        return true
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
