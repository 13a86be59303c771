import Foundation
import TallywireCommands

/// Whether the running server does its work.
struct ServerCheck: Sendable {
    /// What the server answered.
    enum Answer: Equatable, Sendable {
        /// Nobody answers: why.
        case silent(String)
        /// It answers, and is not ready: why.
        case notReady(String)
        /// `warnings` are those of `GET /health/ready`.
        case ready(version: String, seq: UInt64, warnings: [String])
    }

    /// A lag with which readers see old values, in seconds.
    static let longestLag = 60.0

    let url: String
    let answer: Answer
    /// Whether the server has to run: a command that was given its address, or whose journal is in use.
    let isExpected: Bool
    /// `nil` if it was not asked.
    var pipeline: Result<PipelineReport, Refusal>?

    /// Why the pipeline is not known.
    struct Refusal: Error, Equatable { let reason: String }

    var findings: [Finding] {
        switch answer {
        case .silent(let reason):
            let advice = "start it (systemctl start tallywire), or name its address with --server"
            return [isExpected ? .wrong("server", reason, advice) : .warning("server", reason, advice)]
        case .notReady(let reason):
            return [.wrong("server", "\(url) is not ready: \(reason)", "look at its log: journalctl -u tallywire -n 50")] + entries
        case .ready(let version, let seq, let warnings):
            return [.ok("server", "\(url) is ready, version \(version), at event \(seq)")]
                + warnings.map { .warning("server", $0, "look at its log: journalctl -u tallywire -n 50") } + entries
        }
    }

    private var entries: [Finding] {
        switch pipeline {
        case nil: return []
        case .failure(let refusal)?:
            return [
                .warning(
                    "pipeline", refusal.reason,
                    "give --token or TALLYWIRE_TOKEN a token of the role admin (tallywire token --role admin)")
            ]
        case .success(let report)?:
            return engine(report.engine) + report.sources.map(source) + report.sinks.map(sink)
        }
    }

    private func engine(_ engine: PipelineReport.Engine) -> [Finding] {
        if let error = engine.lastError {
            return [.wrong("engine", "the last commit failed: \(error)", "mend the disk: until then every movement is refused")]
        }
        guard engine.inbox * 2 > engine.inboxCapacity else { return [] }
        return [
            .warning(
                "engine", "\(engine.inbox) of \(engine.inboxCapacity) commands wait", "look at the disk: one commit is one flush")
        ]
    }

    private func source(_ source: PipelineReport.Source) -> Finding {
        let name = "source \(source.name)"
        let error = source.lastError.map { ": \($0)" } ?? ""
        return ["connected", "running", "following", "snapshot", "standby"].contains(source.state)
            ? .ok(name, "\(source.state), received \(source.received)")
            : .wrong(name, "\(source.state)\(error)", "start what it connects to, and see: tallywire check --connect")
    }

    private func sink(_ sink: PipelineReport.Sink) -> Finding {
        let name = "sink \(sink.name)"
        let error = sink.lastError.map { ": \($0)" } ?? ""
        let lag = sink.lagEvents == 0 ? "" : String(format: ", %llu events and %.0f s behind", sink.lagEvents, sink.lagSeconds)
        switch sink.state {
        case "retrying":
            return .wrong(name, "fails and is tried again\(lag)\(error)", "start what it delivers to; it goes on by itself")
        case "disabled":
            return .wrong(
                name, "the other side wants nothing more\(lag)\(error)",
                "set it right there, then restart, or change its entry and reload")
        case _ where sink.lagSeconds > Self.longestLag:
            return .warning(name, "\(sink.state)\(lag)\(error)", "look whether what it delivers to is slow: tallywire top")
        case _ where sink.dropped > 0:
            return .warning(
                name, "\(sink.state); \(sink.dropped) events were refused for good or lost",
                "look at its dead letters, and deliver them again: tallywire replay \(sink.name) --dead-letters")
        default: return .ok(name, "\(sink.state)\(lag), delivered \(sink.delivered)")
        }
    }
}
