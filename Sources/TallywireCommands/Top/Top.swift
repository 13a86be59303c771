import ArgumentParser
import Foundation
import TallywireConfiguration

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a running server's pipeline in the terminal, live.",
        discussion: """
            It shows the server, its sources and sinks with state, position, lag and last error, and the nodes of a cluster. q or ^C ends it. \
            When the server does not answer, what was there stays, with since when. Without a terminal, or with --once, it prints that \
            once, without colours and escape sequences. Rates come from two readings. It needs a token of the role admin.
            """)

    @Option(help: ArgumentHelp("The time between two readings, 200ms to 1h.", valueName: "duration")) var interval = "2s"
    @Flag(help: "Print it once, after two readings.") var once = false
    @OptionGroup var options: ClientOptions

    private static let intervals: ClosedRange<Duration> = .milliseconds(200) ... .seconds(3_600)

    func validate() throws { _ = try pause() }

    private func pause() throws -> Duration {
        guard let pause = Duration(configuration: interval), Self.intervals.contains(pause) else {
            throw ValidationError("--interval “\(interval)” is no duration from 200ms to 1h, such as 500ms, 2s or 1m")
        }
        return pause
    }

    func run() async throws {
        let client = try ServerClient(options)
        let pause = try pause()
        // What is wrong from the beginning, such as the address or the token, is an error and no screen.
        let first = try await TopReading.read(client)
        guard Terminal.isThere, !once else { return try await printOnce(client, first, pause) }
        let terminal = try Terminal()
        do {
            try await TopSession(client: client, pause: pause, terminal: terminal).run(from: first)
        } catch {
            terminal.restore()
            throw error
        }
        terminal.restore()
    }

    private func printOnce(_ client: ServerClient, _ first: TopReading, _ pause: Duration) async throws {
        try await Task.sleep(for: pause)
        let screen = TopScreen(url: client.url, reading: try await TopReading.read(client), before: first)
        let width = Terminal.isThere ? Terminal.size.width : Int.max
        try Output.standard.print(
            screen.lines().map { $0.text(width: width, isColoured: false) }.joined(separator: "\n").trimmingCharacters(
                in: .newlines))
    }
}
