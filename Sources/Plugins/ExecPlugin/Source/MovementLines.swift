import Backoff
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireRequests

/// Turns lines of a source's program into commands, and their outcomes into receipts.
struct MovementLines {
    private let context: SourceContext
    private let clock: ExecClock
    private let reader: BodyReader
    private let retry = Backoff()

    init(_ context: SourceContext, clock: ExecClock) {
        self.context = context
        self.clock = clock
        reader = BodyReader(now: context.now())
    }

    /// Submits movements, and returns a line for each when all are on disk. What the server cannot take now is submitted again, with
    /// growing pauses. `nil` if the task is cancelled meanwhile.
    func receipts(for lines: ArraySlice<LineSplitter.Line>) async -> [UInt8]? {
        let commands = lines.map { line in Result<Command, Refusal> { () throws(Refusal) in try command(line) } }
        context.status.update { $0.received += UInt64(lines.count) }
        guard var outcomes = await decide(commands.compactMap { try? $0.get() })?.makeIterator() else { return nil }
        var bytes: [UInt8] = []
        for command in commands {
            switch command {
            case .failure(let refusal): write(refusal, to: &bytes)
            case .success(let command):
                guard let outcome = outcomes.next() else { return nil }
                write(outcome, of: command, to: &bytes)
            }
        }
        return bytes
    }

    // MARK: Reading

    /// A line that is no movement.
    private struct Refusal: Error {
        var id: String?
        let line: Int
        let mistake: BodyError
    }

    private func command(_ line: LineSplitter.Line) throws(Refusal) -> Command {
        do throws(BodyError) {
            guard let bytes = line.bytes else { throw BodyError("a line has at most \(ExecSource.lineLimit) bytes") }
            let body = try reader.read(MovementBody.self, from: bytes)
            guard let id = body.id else {
                throw BodyError(field: "id", "a movement of a program needs an “id”, by which a repeat is recognised")
            }
            let device = body.device?.keyForm
            if let device, let mistake = DeviceName.mistake(in: device) { throw BodyError(field: "device", mistake) }
            return Command(
                id: id, device: device, source: device.map { "\(context.name)/\($0)" } ?? context.name,
                action: .move(body.movement(defaultLocation: context.defaultLocation)))
        } catch {
            throw Refusal(id: line.bytes.flatMap(Self.id), line: line.number, mistake: error)
        }
    }

    /// The id of a line that could not be read as a movement, so that its program knows which one it was.
    private static func id(_ bytes: [UInt8]) -> String? {
        (try? JSONReader.value(of: bytes, depth: JSONReader.decoderDepth))?["id"]?.string?.excerpt
    }

    // MARK: Deciding

    private func decide(_ commands: [Command]) async -> [Outcome]? {
        var outcomes: [Outcome] = []
        var rest = commands[...]
        var failures = 0
        while !rest.isEmpty {
            let results = await context.gateway.submit(Array(rest), in: CommandLane())
            let done = results.prefix { $0.rejection?.code.isPassing != true }
            outcomes += done
            rest = rest.dropFirst(done.count)
            guard let refusal = results.dropFirst(done.count).first?.rejection else { break }
            failures = done.isEmpty ? failures + 1 : 1
            context.status.update {
                $0.state = "waiting"
                $0.lastError = refusal.message
            }
            do { try await clock.sleep(retry.pause(afterFailures: failures)) } catch { return nil }
        }
        if failures > 0 { context.status.update { $0.state = "running" } }
        return outcomes
    }

    // MARK: Answering

    /// Writes a receipt as HTTP does, or `{"movementId","status":"rejected","code","message","field","available"}`.
    private func write(_ outcome: Outcome, of command: Command, to bytes: inout [UInt8]) {
        var json = JSONWriter()
        switch outcome {
        case .applied(let receipt):
            context.status.update { if receipt.status == .applied { $0.applied += 1 } else { $0.duplicates += 1 } }
            receipt.write(to: &json)
        case .rejected(let rejection):
            context.status.update { $0.rejected += 1 }
            json.object { json in
                json.member("movementId", command.id)
                json.member("status", "rejected")
                json.member("code", rejection.code.rawValue)
                json.member("message", rejection.message)
                json.member("field", rejection.field)
                json.member("available", rejection.available)
            }
        }
        bytes += json.bytes + [UInt8(ascii: "\n")]
    }

    private func write(_ refusal: Refusal, to bytes: inout [UInt8]) {
        context.status.update { $0.malformed += 1 }
        var json = JSONWriter()
        json.object { json in
            json.member("movementId", refusal.id)
            json.member("status", "rejected")
            json.member("code", Rejection.Code.invalidRequest.rawValue)
            json.member("message", refusal.mistake.message)
            json.member("field", refusal.mistake.field.isEmpty ? nil : refusal.mistake.field)
            json.member("line", Int64(refusal.line))
        }
        bytes += json.bytes + [UInt8(ascii: "\n")]
    }
}
