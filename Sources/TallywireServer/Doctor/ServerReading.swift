import Foundation
import NIOHTTP1
import TallywireCommands
import TallywireCore
import TallywireEngine

/// What a running server says about itself over HTTP.
struct ServerReading: Sendable {
    private(set) var answer: ServerCheck.Answer
    /// `nil` if nobody answers.
    private(set) var pipeline: Result<PipelineReport, ServerCheck.Refusal>?
    private(set) var clock: Timestamp?
    private(set) var newestEvent: Timestamp?
    /// By how many bytes the events grow in a day, as they are stored as JSON; `nil` if the journal is younger.
    private(set) var bytesPerDay: Double?

    private struct Ready: Decodable {
        let version: String
        let seq: UInt64
        let warnings: [String]?
    }

    private struct Problem: Decodable { let detail, title: String? }

    private struct Events: Decodable {
        struct Event: Decodable {
            let seq: UInt64
            let timestamp: Timestamp
        }
        let items: [Event]
    }

    /// Asks. A server that does not answer is an ``ServerCheck/Answer`` too.
    init(_ client: ServerClient, now: Timestamp) async {
        do {
            let response = try await client.call(.GET, "/health/ready")
            clock = response.date
            answer = Self.answer(response)
        } catch {
            answer = .silent(Self.text(error))
            return
        }
        do {
            pipeline = .success(
                try JSONDecoder().decode(PipelineReport.self, fromOutside: try await client.get("/api/pipeline")))
        } catch {
            pipeline = .failure(ServerCheck.Refusal(reason: Self.text(error)))
        }
        // Without the role that reads events there is no estimate, and the pipeline's finding says which role is missing.
        guard case .success? = pipeline else { return }
        await readEvents(client, now: now)
    }

    private mutating func readEvents(_ client: ServerClient, now: Timestamp) async {
        let day = Timestamp(milliseconds: now.milliseconds - 86_400_000)
        guard let page = try? await client.get("/api/events?order=desc&limit=100"),
            let newest = try? JSONDecoder().decode(Events.self, fromOutside: page), let last = newest.items.first
        else { return }
        newestEvent = last.timestamp
        guard let before = try? await client.get("/api/events?order=desc&limit=1&until=\(day)"),
            let first = try? JSONDecoder().decode(Events.self, fromOutside: before).items.first
        else { return }
        bytesPerDay = Double(last.seq - min(first.seq, last.seq)) * Double(page.count) / Double(newest.items.count)
    }

    private static func answer(_ response: ServerClient.Response) -> ServerCheck.Answer {
        if response.status == 200, let ready = try? JSONDecoder().decode(Ready.self, fromOutside: response.body) {
            return .ready(version: ready.version, seq: ready.seq, warnings: ready.warnings ?? [])
        }
        let problem = try? JSONDecoder().decode(Problem.self, fromOutside: response.body)
        return .notReady(problem?.detail ?? problem?.title ?? "it answered \(response.status), which Tallywire does not")
    }

    private static func text(_ error: any Error) -> String {
        guard let failure = error as? Failure else { return "\(error)" }
        return failure.message.hasPrefix("error: ") ? String(failure.message.dropFirst(7)) : failure.message
    }
}
