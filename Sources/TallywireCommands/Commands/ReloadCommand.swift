import ArgumentParser
import Foundation
import NIOHTTP1
import TallywireCore

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have a running server read its plugins.json again.",
        discussion: """
            Entries that did not change keep their connections and positions; rooms change in place; other entries that changed are replaced \
            between two deliveries. With a mistake in the file nothing is changed, and the exit code is 78. SIGHUP does the same, and the \
            server's log says what came of it.
            """)

    @OptionGroup var options: ClientOptions

    private struct Report: Decodable {
        struct Pending: Decodable {
            let path: String
            let reason: String
        }
        let applied: [String]
        let started: [String]
        let stopped: [String]
        let restarted: [String]
        let restartNeeded: [Pending]
        let revision: Int
    }

    func run() async throws {
        let response = try await ServerClient(options).call(.POST, "/api/configuration/reload")
        if response.status == 422 {
            struct Problem: Decodable { let detail: String }
            throw Failure(try JSONDecoder().decode(Problem.self, fromOutside: response.body).detail, code: ExitCode(78))
        }
        let report = try JSONDecoder().decode(Report.self, fromOutside: try response.accepted("reload"))
        let lists = [
            ("started", report.started), ("stopped", report.stopped), ("restarted", report.restarted),
            ("changed in place", report.applied),
        ]
        let lines = lists.filter { !$0.1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" }
        let pending = report.restartNeeded.map { "changes with the next start: \($0.path), since \($0.reason)" }
        try Output.standard.print(
            ((lines.isEmpty ? ["nothing has changed"] : lines) + pending + ["revision \(report.revision)"]).joined(separator: "\n"))
    }
}
