import Subprocess
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireRequests

/// The program of a ``StreamSink``: one task reads its answers, one its standard error, one writes events, one watches the time.
extension StreamSink {
    private typealias Running = Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

    /// How much is written to the program at once.
    private static let writeSize = 64 << 10
    /// The longest line that the program may write.
    private static let lineLimit = 64 << 10
    private static let overlong = "the program wrote a line of more than \(lineLimit) bytes"

    /// Runs the program until it ends. Returns why it ended.
    func run(_ context: SinkContext, _ log: ProgramLog) async -> String {
        let (bell, writer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        log.begin()
        state.withLock { state in
            state.machine.beginProgram()
            state.writer = writer
            state.progress = clock.now()
        }
        let own = ["TALLYWIRE_NAME": context.name, "TALLYWIRE_EPOCH": context.epoch]
        do {
            let result = try await Subprocess.run(
                program.configuration(own), input: .inputWriter, output: .sequence, error: .sequence
            ) { await self.converse(with: $0, bell, log) }
            if let mistake = result.closureResult { return mistake }
            return "the program \(result.terminationStatus.words)\(log.last.map { ": \($0)" } ?? "")"
        } catch {
            return program.failure(error)
        }
    }

    /// Talks to the program until it ends, or until it has to. Returns what ended it; `nil` if it ended by itself, or is stopped.
    private func converse(with running: Running, _ bell: AsyncStream<Void>, _ log: ProgramLog) async -> String? {
        let (ends, end) = AsyncStream.makeStream(of: String?.self, bufferingPolicy: .bufferingOldest(1))
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.readAnswers(of: running, log, end)
                end.yield(nil)
            }
            group.addTask { await log.read(running.standardError) }
            group.addTask {
                await self.write(to: running, bell)
                end.yield(nil)
            }
            group.addTask { if let silence = await self.watch() { end.yield(silence) } }
            var reason: String?
            for await first in ends {
                reason = first
                break
            }
            await running.closeInput()
            await running.end(within: options.grace, grace: options.grace)
            group.cancelAll()
            return reason
        }
    }

    // MARK: Reading

    /// Reads the program's answers, until their end or the first mistake.
    private func readAnswers(of running: Running, _ log: ProgramLog, _ end: AsyncStream<String?>.Continuation) async {
        var lines = LineSplitter(limit: Self.lineLimit)
        do {
            for try await piece in running.standardOutput {
                let before = state.withLock { $0.answers }
                let whole = piece.withUnsafeBytes { lines.split($0) }
                if let mistake = take(whole, log) ?? (lines.isOverlong ? Self.overlong : nil) {
                    end.yield(mistake)
                    return
                }
                if before == state.withLock({ $0.answers }) { await ProgramLog.holdUp() }
            }
            if let mistake = take(lines.end(), log) { end.yield(mistake) }
        } catch {
            end.yield("the program's standard output cannot be read: \(error)")
        }
    }

    /// Takes lines of the program. Returns what is wrong with the first that is wrong.
    private func take(_ lines: [LineSplitter.Line], _ log: ProgramLog) -> String? {
        var answers: [ProgramLine] = []
        var mistake: ProtocolMistake?
        do throws(ProtocolMistake) {
            for line in lines {
                guard let bytes = line.bytes else { throw ProtocolMistake(Self.overlong) }
                answers.append(try ProgramLine(bytes))
            }
        } catch { mistake = error }
        let (writer, over) = state.withLock { state in
            var gotOn = false
            do throws(ProtocolMistake) {
                for answer in answers where try state.machine.receive(answer) { gotOn = true }
            } catch { mistake = error }
            if gotOn {
                state.progress = clock.now()
                state.answers += 1
            }
            return (gotOn ? state.writer : nil, state.machine.isOver ? state.over : nil)
        }
        writer?.yield()
        over?.yield()
        for case .log(let text) in answers { log.write(text, as: "log") }
        return mistake?.words(redaction)
    }

    // MARK: Writing

    /// Writes events whenever there is room for them, until the program takes no more.
    private func write(to running: Running, _ bell: AsyncStream<Void>) async {
        for await _ in bell {
            while true {
                let lines = nextLines()
                if lines.isEmpty { break }
                // A program that closed its standard input is not written to; how it ends says more than this error.
                guard let written = try? await running.standardInputWriter.write(lines), written == lines.count else { return }
            }
        }
    }

    private func nextLines() -> [UInt8] {
        let (events, isReplay) = state.withLock { ($0.machine.nextEvents(size: Self.writeSize), $0.machine.isReplay) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.reduce(0) { $0 + $1.json.count + EventEnvelope.lineOverhead })
        for event in events { event.writeLine(to: &bytes, isReplay: isReplay) }
        return bytes
    }

    // MARK: Watching

    /// Returns why the program has to end: it did not get on for too long. `nil` if the task is cancelled.
    private func watch() async -> String? {
        while true {
            let (left, waiting) = state.withLock { state in
                let isWaiting = state.machine.isWaiting
                return (isWaiting ? state.progress + options.ackTimeout - clock.now() : options.ackTimeout, state.machine.inFlight)
            }
            guard left > .zero else {
                let time = options.ackTimeout.configurationText
                return "the program did not get on for \(time), and was ended; it has \(waiting) events that it did not acknowledge"
            }
            do { try await clock.sleep(left) } catch { return nil }
        }
    }
}
