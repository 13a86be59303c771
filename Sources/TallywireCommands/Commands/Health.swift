import ArgumentParser
import Foundation
import TallywireCore

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running server whether it can do its work.",
        discussion: """
            Asks GET /health/ready, for the health check of a container and for scripts. Exits with 1 and the reason if the server is not \
            ready, or does not answer.
            """)

    @OptionGroup var options: ClientOptions

    private struct Ready: Decodable {
        let epoch: String
        let seq: UInt64
    }

    func run() async throws {
        let ready = try JSONDecoder().decode(Ready.self, fromOutside: try await ServerClient(options).get("/health/ready"))
        try Output.standard.print("ready, at event \(ready.seq) of epoch \(ready.epoch)")
    }
}
