import Foundation
import Logging
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireServer

@Suite("The log as JSON")
struct JSONLogTests {
    private static let time = Timestamp(milliseconds: 1_764_547_200_123)

    private func line(
        _ message: Logger.Message, _ metadata: Logger.Metadata? = nil, handler change: (inout JSONLogHandler) -> Void = { _ in }
    ) -> String {
        var handler = JSONLogHandler(label: "tallywire", logLevel: .notice, output: .standardError)
        change(&handler)
        let event = LogEvent(
            level: .warning, message: message, metadata: metadata, source: "PipelineHost", file: "f", function: "g", line: 1)
        return String(decoding: handler.line(of: event, at: Self.time), as: UTF8.self)
    }

    @Test("a message is one line with time, level, label, message, source and details")
    func members() {
        #expect(
            line("It failed.", ["sink": "a", "n": .stringConvertible(7), "list": ["x", ["y": "z"]]])
                == #"{"timestamp":"2025-12-01T00:00:00.123Z","level":"warning","label":"tallywire","message":"It failed.","source":"PipelineHost","metadata":{"list":["x",{"y":"z"}],"n":"7","sink":"a"}}"#
                + "\n")
        #expect(line("x").contains(#""metadata":{}"#))
    }

    @Test("line ends, quotes, control characters and what looks like a line do not break it")
    func escapes() throws {
        let evil = "a\nb\r\"c\"\\\u{1B}[31m\u{0}{\"level\":\"critical\"}\n"
        let text = line("\(evil)", ["\(evil)": "\(evil)"])
        #expect(text.count { $0.isNewline } == 1 && text.hasSuffix("}\n"))
        struct Line: Decodable {
            let message: String
            let metadata: [String: String]
        }
        let read = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
        #expect(read.message == evil && read.metadata == [evil: evil])
    }

    @Test("what the message says comes before what its logger says, and that before what its task says")
    func order() {
        let text = line("x", ["a": "message"]) { handler in
            handler.metadata = ["a": "logger", "b": "logger"]
            handler.metadataProvider = Logger.MetadataProvider { ["a": "task", "b": "task", "c": "task"] }
        }
        #expect(text.contains(#""metadata":{"a":"message","b":"logger","c":"task"}"#))
    }

    @Test("a text is cut where it is too long, at a whole character, and says how much is missing")
    func limit() {
        let longest = JSONLogHandler.longestText
        let fits = String(repeating: "a", count: longest)
        #expect(line("\(fits)").contains("\"message\":\"\(fits)\","))
        #expect(line("\(fits)ö").contains("\"message\":\"\(fits)… (2 bytes more)\","))
        let wide = String(repeating: "ö", count: longest / 2) + "ab"
        #expect(line("x", ["k": "\(wide)"]).contains("\"k\":\"\(wide.dropLast(2))… (2 bytes more)\"}"))
    }

    @Test("a server writes only such lines to standard error, at each level, and no secret")
    func server() async throws {
        let server = try ServerProcess(
            plugins: #"""
                { "auth": { "mode": "jwt", "secret": "a-very-secret-word-of-32-bytes-and-more" },
                  "sources": [{ "plugin": "mqtt-scanners", "broker": "mqtt://user:hushhush@127.0.0.1:1",
                    "devices": { "*": { "operation": "add", "location": "MAIN" } } }],
                  "sinks": [{ "plugin": "json-log", "path": "none/of/it/events.jsonl" },
                            { "plugin": "webhook", "url": "http://127.0.0.1:1/?key=hushhush", "secret": "whsec_aHVzaGh1c2gtaHVzaGh1c2gtaHVzaGh1c2gtaHVzaA==" }] }
                """#)
        try await server.start(["--log-format", "json", "--log-level", "trace"])
        try await eventually("the sinks have failed") { server.output.contains(#""sink":"json-log""#) }
        #expect(await server.terminate() == 0)
        struct Line: Decodable {
            let timestamp: Timestamp
            let level, label, message, source: String
        }
        // The banner and the account are on standard output, which is the same file here.
        let lines = server.output.split(separator: "\n").filter { $0.contains("{") }
        #expect(lines.count > 3)
        #expect(!server.output.contains(" tallywire: "), "no line is text")
        for line in lines {
            let read = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            #expect(Logger.Level(rawValue: read.level) != nil && read.label == "tallywire")
        }
        for secret in ["hushhush", "aHVzaGh1c2g", "a-very-secret"] { #expect(!server.output.contains(secret)) }
    }

    @Test("an unknown format is refused with those there are")
    func unknown() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let result = try await server.run("serve", "--log-format", "xml")
        #expect(result.status == 64 && result.output.contains("text") && result.output.contains("json"), "\(result.output)")
    }
}
