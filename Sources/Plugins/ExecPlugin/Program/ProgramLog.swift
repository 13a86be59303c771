import Logging
import NIOCore
import Subprocess
import Synchronization
import TallywireAccess
import TallywireCore
import TallywireRequests

/// What a program writes for people: its standard error, and its `{"log":"…"}`. It goes to the server's log, within limits.
///
/// Safe from any thread.
final class ProgramLog: Sendable {
    /// The most bytes of a line. A longer one is left out.
    static let lineLimit = 8 << 10
    /// The most characters of a line that are shown.
    static let shown = 1_000
    static let rate = Rate(perSecond: 20, burst: 100)

    private struct State {
        var bucket: TokenBucket
        var leftOut: UInt64 = 0
        var leftOutInAll: UInt64 = 0
        var last: String?
    }

    private let logger: Logger
    private let redaction: Redaction
    private let clock: ExecClock
    private let state: Mutex<State>

    init(_ logger: Logger, redaction: Redaction, clock: ExecClock) {
        self.logger = logger
        self.redaction = redaction
        self.clock = clock
        state = Mutex(State(bucket: TokenBucket(Self.rate, at: clock.deadline)))
    }

    /// How many lines were left out, because they were too long or too many.
    var leftOut: UInt64 { state.withLock { $0.leftOutInAll } }

    /// The last line since ``begin()``, shortened and without secrets; `nil` if there was none.
    var last: String? { state.withLock { $0.last }.map { redaction.clear($0).excerpt } }

    /// Forgets the last line, for a program that begins.
    func begin() { state.withLock { $0.last = nil } }

    /// Writes a program's standard error, until it ends.
    func read(_ output: SubprocessOutputSequence) async {
        var lines = LineSplitter(limit: Self.lineLimit)
        func write(_ lines: [LineSplitter.Line]) {
            for line in lines { self.write(line.bytes.map { String(decoding: $0, as: UTF8.self) }, as: "standard error") }
        }
        do {
            for try await piece in output {
                let before = leftOut
                write(piece.withUnsafeBytes { lines.split($0) })
                if before != leftOut { await Self.holdUp() }
            }
            write(lines.end())
        } catch {
            logger.warning("The program's standard error cannot be read.", metadata: ["error": "\(error)"])
        }
    }

    /// Lets a program wait that writes without end what nobody needs, so that reading it does not keep a processor busy.
    static func holdUp() async {
        // A task that is cancelled reads what is left without a pause.
        try? await Task.sleep(for: .milliseconds(10))
    }

    /// Writes one line; `nil` stands for one that was too long.
    func write(_ line: String?, as stream: String) {
        let before: UInt64? = state.withLock { state in
            if let line { state.last = line }
            guard line != nil, state.bucket.take(Self.rate, at: clock.deadline) else {
                state.leftOut += 1
                state.leftOutInAll += 1
                return nil
            }
            defer { state.leftOut = 0 }
            return state.leftOut
        }
        guard let before, let line else { return }
        report(before)
        let text = String(redaction.clear(line).unicodeScalars.prefix(Self.shown))
        logger.notice("The program writes: \(text)", metadata: ["to": "\(stream)"])
    }

    /// Says what was left out since the last line, at the end of a program.
    func end() {
        report(
            state.withLock { state in
                defer { state.leftOut = 0 }
                return state.leftOut
            })
    }

    private func report(_ count: UInt64) {
        guard count > 0 else { return }
        logger.warning(
            "Lines of the program were left out, since they were too many or too long.",
            metadata: ["lines": "\(count)", "at most": "\(Self.rate.perSecond) a second of \(Self.lineLimit) bytes"])
    }
}

extension ExecClock {
    fileprivate var deadline: NIODeadline {
        let (seconds, attoseconds) = now().components
        return .uptimeNanoseconds(UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000))
    }
}
