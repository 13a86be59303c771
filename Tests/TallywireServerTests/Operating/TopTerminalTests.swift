import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@Suite("top in a terminal", .serialized)
struct TopTerminalTests {
    private static let begin = "\u{1B}[?1049h\u{1B}[?25l"
    private static let end = "\u{1B}[?25h\u{1B}[?1049l"

    private func server() async throws -> ServerProcess {
        let server = try ServerProcess(plugins: #"{ "sinks": [{ "plugin": "json-log", "path": "events.jsonl" }] }"#)
        try await server.start()
        return server
    }

    private func top(_ server: ServerProcess, environment: [String: String] = [:]) throws -> PseudoTerminal {
        try PseudoTerminal(
            ["top", "--server", server.url, "--interval", "200ms"], in: server.folder.path, environment: environment)
    }

    private func ended(_ terminal: PseudoTerminal, modes: UInt32) async throws {
        try await eventually("it has ended") { !terminal.isRunning }
        try await eventually("the screen is given back") { terminal.output.hasSuffix(Self.end) }
        #expect(terminal.status == 0)
        #expect(terminal.modes == modes)
    }

    @Test("it shows what changes, follows the size, and gives the terminal back on q, ^C and signals")
    func live() async throws {
        let server = try await server()
        let leave: [(PseudoTerminal) -> Void] = [
            { $0.type("q") }, { $0.type("\u{3}") }, { $0.signal(SIGTERM) }, { $0.signal(SIGINT) }, { $0.signal(SIGHUP) },
        ]
        for (number, leave) in leave.enumerated() {
            let terminal = try top(server)
            let modes = terminal.modes
            try await eventually("it shows the sink") { terminal.output.contains("json-log") }
            #expect(terminal.output.hasPrefix(Self.begin))
            #expect(terminal.output.contains("\u{1B}[1mSINK"))
            try await eventually("keys are not echoed") { terminal.modes != modes }
            if number == 0 {
                let (status, _) = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
                #expect(status == 201)
                let seq = try await server.get("/api/pipeline", as: PipelineResponse.self).seq
                try await eventually("it shows the new event") { terminal.output.contains("event \(seq)") }
                terminal.resize(columns: 12, rows: 4)
                try await eventually("it is cut to the new size") { terminal.output.contains("… 3 more li…") }
            }
            leave(terminal)
            try await ended(terminal, modes: modes)
        }
    }

    @Test("a server that is gone leaves the screen there, with since when, and is shown again when it is back")
    func lost() async throws {
        let port = try BrokerPort.free()
        let server = try ServerProcess(plugins: #"{ "sinks": [{ "plugin": "json-log", "path": "events.jsonl" }] }"#)
        try await server.start(["--port", "\(port)"])
        let terminal = try top(server)
        let modes = terminal.modes
        try await eventually("it shows the sink") { terminal.output.contains("json-log") }
        await server.kill()
        try await eventually("it says so") { terminal.output.contains("no answer since ") }
        #expect(terminal.isRunning)
        let shown = terminal.output.count
        try await server.start(["--port", "\(port)"])
        try await eventually("it is back") {
            terminal.output.dropFirst(shown).components(separatedBy: "\u{1B}[H").suffix(2).contains {
                $0.contains("json-log") && !$0.contains("no answer since")
            }
        }
        terminal.type("q")
        try await ended(terminal, modes: modes)
    }

    @Test("without colours if NO_COLOR says so, and without any escape sequence in a pipe or with --once")
    func plain() async throws {
        let server = try await server()
        let terminal = try top(server, environment: ["NO_COLOR": "1"])
        let modes = terminal.modes
        try await eventually("it shows the sink") { terminal.output.contains("json-log") }
        #expect(!terminal.output.contains("\u{1B}[1m") && !terminal.output.contains("\u{1B}[32m"))
        terminal.type("q")
        try await ended(terminal, modes: modes)

        let once = try PseudoTerminal(
            ["top", "--server", server.url, "--interval", "200ms", "--once"], in: server.folder.path)
        try await eventually("it has ended") { !once.isRunning }
        try await eventually("it has printed") { once.output.contains("json-log") }
        #expect(!once.output.contains("\u{1B}") && once.status == 0)

        let piped = try await server.run("top", "--server", server.url, "--interval", "200ms")
        #expect(piped.status == 0 && piped.output.contains("0.0 events/s") && !piped.output.contains("\u{1B}"), "\(piped.output)")
    }

    @Test("no server, no token and a bad interval are errors, and no screen")
    func errors() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let silent = try PseudoTerminal(["top", "--server", "http://127.0.0.1:1"], in: server.folder.path)
        try await eventually("it has ended") { !silent.isRunning }
        try await eventually("it says so") { silent.output.contains("does not answer") }
        #expect(silent.status == 1 && !silent.output.contains(Self.begin))
        for interval in ["199ms", "61m", "2", "fast"] {
            let result = try await server.run("top", "--interval", interval)
            #expect(result.status == 64 && result.output.contains("200ms to 1h"), "\(result.output)")
        }
    }
}
