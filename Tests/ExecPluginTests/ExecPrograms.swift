import Foundation
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport

@testable import ExecPlugin

/// A folder for the programs of a test and what they write.
struct ExecPrograms: Sendable {
    let folder: TemporaryFolder
    let log = LineLog()

    init() throws { folder = try TemporaryFolder() }

    /// A program that greets, notes each event's `seq` in the file `seen`, and acknowledges it.
    static let acknowledging = """
        echo '{"tallywire":1}'
        while read -r line; do
            n=${line#*:}; n=${n%%,*}
            echo "$n" >> seen
            echo "{\\"ack\\":$n}"
        done
        """

    /// The options of a program in the language of the shell, which works in the folder.
    func shell(_ script: String, _ configure: (inout ExecOptions) -> Void = { _ in }) -> ExecOptions {
        options(["sh", "-c", "cd '\(folder.path)' || exit 9\n\(script)"], configure)
    }

    func options(_ command: [String], _ configure: (inout ExecOptions) -> Void = { _ in }) -> ExecOptions {
        var options = ExecOptions(
            command: command, environment: [:], inFlight: 1_000, ackTimeout: .seconds(30), grace: .milliseconds(500))
        configure(&options)
        return options
    }

    /// The lines of a file that a program wrote; none if there is no file.
    func lines(_ name: String = "seen") -> [String] {
        let text = (try? String(contentsOfFile: folder.file(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    var seqs: [UInt64] { lines().compactMap { UInt64($0) } }

    /// Runs a sink as a runner does.
    func run(_ sink: any Sink, _ body: (any Sink) async throws -> Void) async throws {
        let journal = InMemoryJournal()
        let context = SinkContext(
            name: "shop", logger: log.logger, epoch: "epoch-1", cursor: nil, head: 1_000, stock: journal, history: journal,
            version: "0", now: { Timestamp(milliseconds: 0) })
        try await SinkConformance.run(sink, in: context, body)
    }
}

/// Events from the seq `first` on.
func batch(_ seqs: ClosedRange<Int>) -> EventBatch {
    EventBatch(records: Array(SinkConformance.samples(seqs.upperBound).dropFirst(seqs.lowerBound - 1)))
}

/// What a delivery throws.
func failure(of body: () async throws -> Delivery) async -> SinkError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? SinkError
    }
}

extension SinkError {
    var interruption: Interruption? { if case .interrupted(let interruption) = self { interruption } else { nil } }
    var reason: String { "\(self)" }
}

/// A time that a test moves.
final class SimulatedTime: Sendable {
    private let time = Mutex(Duration.zero)

    func advance(by duration: Duration) { time.withLock { $0 += duration } }

    var clock: ExecClock {
        ExecClock(
            now: { self.time.withLock { $0 } },
            sleep: { duration in
                let end = self.time.withLock { $0 } + duration
                while self.time.withLock({ $0 }) < end { try await Task.sleep(for: .milliseconds(2)) }
            })
    }
}
