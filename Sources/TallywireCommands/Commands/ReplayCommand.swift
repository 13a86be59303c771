import ArgumentParser
import Foundation
import NIOHTTP1
import PipelineHost
import TallywireCore

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Deliver events to one sink of a running server again.",
        discussion: """
            In order, through that sink alone, beside what is current. Without --from it begins with the first event that the journal keeps; \
            without --to it ends where the sink is. With --dead-letters it delivers the events in the sink's dead-letter file that were not \
            delivered since, and marks them there: a second time it does nothing.

            The server does the work: if this command is ended, the replay goes on. --cancel ends it.
            """)

    @Argument(help: "The sink's name in plugins.json.") var sink: String
    @Option(help: ArgumentHelp("The first event.", valueName: "seq")) var from: UInt64?
    @Option(help: ArgumentHelp("The last event.", valueName: "seq")) var to: UInt64?
    @Flag(help: "Deliver what is in the sink's dead-letter file.") var deadLetters = false
    @Flag(help: "Say what would be delivered, and deliver nothing.") var dryRun = false
    @Flag(help: "Cancel the replay that runs.") var cancel = false
    @OptionGroup var options: ClientOptions

    func validate() throws {
        if from != nil, deadLetters {
            throw ValidationError("--from is for events of the journal, and --dead-letters for the file")
        }
        if cancel, from != nil || to != nil || deadLetters || dryRun { throw ValidationError("--cancel stands alone") }
    }

    /// What the server says of a replay.
    private struct Report: Decodable {
        let state: Replay.State
        let deadLetters: Bool
        let from: UInt64?
        let to: UInt64?
        let events: UInt64
        let delivered: UInt64
        let filtered: UInt64
        let refused: UInt64
        let lastError: String?
    }

    func run() async throws {
        let client = try ServerClient(options)
        let path = "/api/pipeline/\(sink.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? sink)/replay"
        let what = "replay of “\(sink)”"
        if cancel {
            let report = try read(try await client.call(.DELETE, path).accepted(what))
            return try Output.standard.print("\(sink): \(result(report))")
        }
        let begun = try read(try await client.call(.POST, path, body: body).accepted(what))
        try Output.standard.print("\(sink): \(plan(begun))")
        if !dryRun { try await follow(client) }
    }

    private var body: Data {
        var json = JSONWriter()
        json.object { json in
            if let from { json.member("from", from) }
            if let to { json.member("to", to) }
            json.member("deadLetters", deadLetters)
            json.member("dryRun", dryRun)
        }
        return Data(json.bytes)
    }

    private func read(_ data: Data) throws -> Report { try JSONDecoder().decode(Report.self, fromOutside: data) }

    /// Waits for the end of the replay, and says what the sink says meanwhile.
    private func follow(_ client: ServerClient) async throws {
        struct Pipeline: Decodable {
            struct Sink: Decodable {
                let name: String
                let replay: Report?
            }
            let sinks: [Sink]
        }
        var error: String?
        while true {
            let pipeline = try JSONDecoder().decode(Pipeline.self, fromOutside: try await client.get("/api/pipeline"))
            guard let report = pipeline.sinks.first(where: { $0.name == sink })?.replay else {
                throw Failure(
                    "error: \(sink): the server or the sink was started anew, and the replay ended with it: begin it again")
            }
            if report.state != .running {
                let text = "\(sink): \(result(report))"
                guard report.state == .finished, report.refused == 0 else { throw Failure("error: \(text)") }
                return try Output.standard.print(text)
            }
            if let last = report.lastError, last != error {
                error = last
                try Output.error.print("\(sink): \(last); the server tries again")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func plan(_ report: Report) -> String {
        let what = report.deadLetters ? "dead letter" : "event"
        guard report.events > 0, let from = report.from, let to = report.to else { return "there is no \(what) to deliver" }
        let wanted = report.events - report.filtered
        let verb = dryRun ? "would be delivered" : "to deliver"
        return "\(wanted) \(what)\(wanted == 1 ? "" : "s") \(verb), from event \(from) to event \(to)"
    }

    private func result(_ report: Report) -> String {
        var parts = ["\(report.delivered) delivered"]
        if report.filtered > 0 { parts.append("\(report.filtered) left out by the sink's filter") }
        if report.refused > 0 { parts.append("\(report.refused) refused, which are dead letters") }
        if report.state != .finished { parts.insert(report.state.rawValue, at: 0) }
        if let error = report.lastError, report.state == .failed || report.refused > 0 { parts.append(error) }
        return parts.joined(separator: ", ")
    }
}
