import DequeModule
import Mosquitto
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Runs a ``ScanMachine``: brings inputs to it, and carries out the effects that it returns.
///
/// The thread that brings an input runs the machine, unless another thread is running it. So a lone scan goes from the client's
/// thread to the engine's, from there to the thread that publishes, and back, and no other thread is woken. Work that takes longer,
/// because there is much of it or because it waits for a disk, is left to the source's task, in ``run()``.
///
/// Safe from any thread.
final class ScanDriver: Sendable {
    /// How many messages or outcomes are handled on the thread that brings them. More are left to the source's task.
    private static let few = 16

    private struct Inputs {
        var waiting: Deque<ScanMachine.Input> = []
        /// Whether a thread runs the machine, or ``run()`` is about to.
        var isTaken = false
    }

    /// Work that is left to the source's task.
    private enum Work: Sendable {
        case inputs
        case job(ScanMachine.Job)
        case pause(Duration)
        case publishAgain([MQTTMessage], number: Int)
        case end
    }

    private struct Works {
        var waiting: Deque<Work> = []
        var reader: CheckedContinuation<Work, Never>?
    }

    private let context: SourceContext
    private let publisher: MQTTClient
    private let machine: Mutex<ScanMachine>
    private let inputs = Mutex(Inputs())
    private let works = Mutex(Works())
    private let connection = Mutex(MQTTConnectionState.connecting)

    /// `publisher` publishes the replies.
    init(_ context: SourceContext, _ machine: consuming sending ScanMachine, publisher: MQTTClient) {
        self.context = context
        self.machine = Mutex(machine)
        self.publisher = publisher
    }

    // MARK: What happens

    func receive(_ batch: InboundBatch) { bring(.received(batch), isMuch: batch.messages.count > Self.few) }

    /// Shows the state of the connection that receives.
    func note(_ state: MQTTConnectionState) {
        connection.withLock { $0 = state }
        context.status.note(state)
    }

    /// Does the longer work until the task is cancelled and every batch that was begun is finished or cannot be.
    func run() async {
        await withTaskCancellationHandler {
            while true {
                switch await nextWork() {
                case .inputs: runMachine(atMost: .max)
                case .job(let job): bring(await outcome(of: job))
                case .pause(let duration):
                    // When the pause is cancelled, the machine has been told that it is to end.
                    try? await Task.sleep(for: duration)
                    bring(.resumed)
                case .publishAgain(let messages, let number):
                    // After a start or a lost connection the two clients connect one after the other, which is not a failure to
                    // report.
                    if !publisher.state.isConnected { try? await publisher.connected(within: .seconds(2)) }
                    publish(messages, number)
                case .end: return
                }
            }
        } onCancel: {
            bring(.stopping, isMuch: true)
        }
    }

    // MARK: Running the machine

    /// Adds an input, and runs the machine if no other thread does. `isMuch`: the source's task has to run it.
    private func bring(_ input: ScanMachine.Input, isMuch: Bool = false) {
        let isFree = inputs.withLock { inputs in
            inputs.waiting.append(input)
            defer { inputs.isTaken = true }
            return !inputs.isTaken
        }
        guard isFree else { return }
        if isMuch { add(.inputs) } else { runMachine(atMost: Self.few) }
    }

    /// Takes at most `limit` of the waiting inputs. The source's task takes the rest.
    private func runMachine(atMost limit: Int) {
        var count = 0
        while let input = next() {
            for effect in machine.withLock({ $0.take(input, at: context.now()) }) { carryOut(effect) }
            count += 1
            if count == limit { return add(.inputs) }
        }
    }

    /// The next input. When there is none, the machine is free again.
    private func next() -> ScanMachine.Input? {
        inputs.withLock { inputs in
            if inputs.waiting.isEmpty { inputs.isTaken = false }
            return inputs.waiting.popFirst()
        }
    }

    private func carryOut(_ effect: ScanMachine.Effect) {
        switch effect {
        case .submit(let commands, let lane, let number):
            context.gateway.submit(commands, in: lane) { [self] outcomes in
                bring(.decided(outcomes, number: number), isMuch: outcomes.count > Self.few)
            }
        case .publish(let messages, let number, let isRepeated):
            if isRepeated { add(.publishAgain(messages, number: number)) } else { publish(messages, number) }
        case .acknowledge(let batch): batch.acknowledge()
        case .run(let job): add(.job(job))
        case .pause(let duration): add(.pause(duration))
        case .goOn: context.status.note(connection.withLock { $0 })
        case .end: add(.end)
        }
    }

    private func publish(_ messages: [MQTTMessage], _ number: Int) {
        publisher.publish(messages) { [self] result in bring(.published(result, number: number)) }
    }

    // MARK: The source's task

    private func outcome(of job: ScanMachine.Job) async -> ScanMachine.Input {
        do {
            switch job {
            case .storeReservation(let number):
                do { try await context.bookmark.store(number) } catch {
                    return .failed(reason: "the count of packets cannot be stored: \(error)")
                }
            case .loadMarks(let devices):
                var marks: [String: UInt64?] = [:]
                for device in devices { marks[device] = .some(try await context.deviceBookmark(device).load()) }
                return .done(marks: marks)
            case .storeMarks(let marks):
                for (device, number) in marks { try await context.deviceBookmark(device).store(number) }
            case .storeModes(let modes):
                do { try ModeTable.store(modes, in: context.file) } catch {
                    return .failed(reason: "the modes of devices cannot be stored: \(error)")
                }
            case .setAside(let message, let device, let report, let now):
                do { try await setAside(message, device, report, now) } catch {
                    return .failed(reason: "a message that ends the server cannot be set aside: \(error)")
                }
            }
            return .done()
        } catch {
            return .failed(reason: "devices' statuses cannot be stored: \(error)")
        }
    }

    private func setAside(_ message: InboundMessage, _ device: String, _ report: Command, _ now: Timestamp) async throws {
        try context.setAside?.put(message.payload, topic: message.topic, device: device, source: context.name, at: now)
        if let rejection = await context.gateway.submit(report).rejection, !rejection.code.isFinal { throw rejection }
    }

    private func add(_ work: Work) {
        let reader = works.withLock { works -> CheckedContinuation<Work, Never>? in
            guard let reader = works.reader else {
                works.waiting.append(work)
                return nil
            }
            works.reader = nil
            return reader
        }
        reader?.resume(returning: work)
    }

    /// Waits for the next work. A cancelled task waits too: batches that were begun are still finished.
    private func nextWork() async -> Work {
        await withCheckedContinuation { continuation in
            let work = works.withLock { works -> Work? in
                if works.waiting.isEmpty { works.reader = continuation }
                return works.waiting.popFirst()
            }
            if let work { continuation.resume(returning: work) }
        }
    }
}
