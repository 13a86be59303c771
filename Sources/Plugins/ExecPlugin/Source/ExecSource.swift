import Subprocess
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireRequests

/// The source `exec`: movements that a program writes on its standard output, a line each. The program reads its receipts on its
/// standard input, each after the movement is on disk.
///
/// A program that ends is started again after the pause of its runner. It then writes again what it has no receipt for, with the same
/// ids: what was applied is `duplicate`.
struct ExecSource: Source {
    /// The longest line that the program may write.
    static let lineLimit = 1 << 20
    /// How many bytes of lines may wait while others are decided. Then the program is not read, and waits in its turn.
    static let queueLimit = 256 << 10

    private let options: ExecOptions
    private let program: Program
    private let redaction: Redaction
    private let clock: ExecClock

    init(_ options: ExecOptions, clock: ExecClock = .machine) {
        self.options = options
        self.clock = clock
        program = Program(options)
        redaction = Redaction(options.environment)
    }

    func run(_ context: SourceContext) async throws {
        if let problem = await program.problem() { throw SourceFailure(description: problem) }
        let log = ProgramLog(context.logger, redaction: redaction, clock: clock)
        context.status.update {
            $0.state = "running"
            $0.peer = program.name
        }
        let reason: String
        do {
            let result = try await Subprocess.run(
                program.configuration(["TALLYWIRE_NAME": context.name]), input: .inputWriter, output: .sequence, error: .sequence
            ) { await self.converse(with: $0, context, log) }
            reason = result.closureResult ?? "the program \(result.terminationStatus.words)\(log.last.map { ": \($0)" } ?? "")"
        } catch {
            reason = program.failure(error)
        }
        log.end()
        try Task.checkCancellation()
        throw SourceFailure(description: redaction.clear(reason))
    }

    private typealias Running = Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

    /// Answers movements until the program ends. Returns what else ended it; `nil` if it ended by itself, or is stopped.
    private func converse(with running: Running, _ context: SourceContext, _ log: ProgramLog) async -> String? {
        let queue = LineQueue(limit: Self.queueLimit)
        async let errors: Void = log.read(running.standardError)
        async let reading = read(running.standardOutput, into: queue)
        let movements = MovementLines(context, clock: clock)
        var takesReceipts = true
        var isLate = false
        // At a stop, what was read is still answered.
        answering: while let lines = await queue.take() {
            for start in stride(from: 0, to: lines.count, by: options.inFlight) {
                guard let receipts = await movements.receipts(for: lines[start..<min(start + options.inFlight, lines.count)]) else {
                    break answering
                }
                guard takesReceipts else { continue }
                switch await write(receipts, to: running) {
                case .written: break
                // A program that closed its standard input wants no receipts.
                case .closed: takesReceipts = false
                case .late:
                    isLate = true
                    break answering
                }
            }
        }
        await running.closeInput()
        await running.end(within: options.grace, grace: options.grace)
        // Whoever reads may wait for room.
        while await queue.take() != nil {}
        await errors
        let failure = await reading
        return isLate ? "the program did not read its receipts for \(options.ackTimeout.configurationText), and was ended" : failure
    }

    private func read(_ output: SubprocessOutputSequence, into queue: LineQueue) async -> String? {
        defer { queue.finish() }
        var lines = LineSplitter(limit: Self.lineLimit)
        do {
            for try await piece in output {
                await queue.put(piece.withUnsafeBytes { lines.split($0) })
                if lines.isOverlong { await ProgramLog.holdUp() }
            }
            await queue.put(lines.end())
            return nil
        } catch {
            return "the program's standard output cannot be read: \(error)"
        }
    }

    private enum Written { case written, closed, late }

    /// Writes receipts, and waits at most `ackTimeout` for the program to read what is before them.
    private func write(_ receipts: [UInt8], to running: Running) async -> Written {
        await withTaskGroup(of: Written?.self) { group in
            group.addTask {
                let written = try? await running.standardInputWriter.write(receipts)
                return written == receipts.count ? .written : .closed
            }
            group.addTask {
                do { try await clock.sleep(options.ackTimeout) } catch { return nil }
                return .late
            }
            defer { group.cancelAll() }
            for await result in group { if let result { return result } }
            return .closed
        }
    }
}

/// Why a source's program is gone.
struct SourceFailure: Error, CustomStringConvertible {
    let description: String
}
