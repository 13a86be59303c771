import Foundation
import PipelineHost
import TallywireConfiguration
import TallywirePipeline
import Testing

@testable import ExecPlugin

@Suite("The options of exec, and its page")
struct ExecOptionsTests {
    private let registry = PluginRegistry(sources: [.exec], sinks: [.exec])
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private func options(_ json: String, role: String = "sinks") throws -> ExecOptions {
        let text = #"{ "\#(role)": [{ "plugin": "exec", \#(json) }] }"#
        let configuration = try ConfigurationLoader.load(
            text: text, registry: registry, environment: ["EXEC_TEST_SECRET": "MARKED-7f3a"])
        for entry in configuration.sinks { _ = try entry.makeSink() }
        for entry in configuration.sources { _ = try entry.makeSource() }
        return try #require((configuration.sinks.map(\.options) + configuration.sources.map(\.options)).first).decode(
            ExecOptions.self)
    }

    @Test("a command is enough")
    func defaults() throws {
        let sink = try options(#""command": ["cat", ""]"#)
        #expect(sink.command == ["cat", ""] && sink.mode == .stream && sink.inFlight == 1_000 && sink.environment.isEmpty)
        #expect(sink.ackTimeout == .seconds(30) && sink.grace == .seconds(5))
        #expect(try options(#""command": ["cat"]"#, role: "sources").mode == nil)
        #expect(try options(#""command": ["cat"], "environment": { "A_1": "x", "_b": "" }"#).environment == ["A_1": "x", "_b": ""])
    }

    @Test(
        "what cannot be is a mistake",
        arguments: [
            #""command": []"#, #""command": "cat""#, #""command": ["a\u0000b"]"#, #""command": ["a"], "mode": "both""#,
            #""command": ["a"], "inFlight": 0"#, #""command": ["a"], "inFlight": 100001"#,
            #""command": ["a"], "ackTimeout": "99ms""#,
            #""command": ["a"], "grace": "301s""#, #""command": ["a"], "environment": { "A=B": "x" }"#,
            #""command": ["a"], "environment": { "1A": "x" }"#, #""command": ["a"], "environment": { "": "x" }"#,
            #""command": ["a"], "environment": { "A": "a\u0000b" }"#, #""comand": ["a"]"#,
        ])
    func mistakes(json: String) {
        #expect(throws: ConfigurationError.self) { try options(json) }
    }

    @Test("a secret of the environment is in no message about a mistake, nor in the graph")
    func secret() throws {
        let command = #""command": ["psql", "${EXEC_TEST_SECRET}"]"#
        let secret = command + #", "environment": { "KEY": "${EXEC_TEST_SECRET}" }"#
        for mistake in [
            #""grace": "${EXEC_TEST_SECRET}""#, #""mode": "${EXEC_TEST_SECRET}""#,
            #""environment": { "1": "${EXEC_TEST_SECRET}" }"#,
            #""environment": { "K": "MARKED\u0000" }"#,
        ] {
            let error = #expect(throws: ConfigurationError.self) { try options(command + ", " + mistake) }
            #expect(error?.description.contains("MARKED") == false)
        }
        let configuration = try ConfigurationLoader.load(
            text: "{ \"sinks\": [{ \"plugin\": \"exec\", \(secret) }] }", registry: registry,
            environment: ["EXEC_TEST_SECRET": "MARKED-7f3a"])
        #expect(!PipelineGraph.mermaid(configuration).contains("MARKED"))
    }

    @Test("the reference's examples are good")
    func examples() throws {
        let sink = try #require(SinkType.exec.options.example).replacing("${file:/run/secrets/api-key}", with: "x")
        let source = try #require(SourceType.exec.options.example).replacing(#""exec","#, with: #""exec", "name": "till","#)
        let configuration = try ConfigurationLoader.load(
            text: "{ \"sources\": [\(source)], \"sinks\": [\(sink)] }", registry: registry)
        #expect(configuration.sinks.count == 1 && configuration.sources.count == 1)
    }

    // MARK: docs/EXEC.md

    private func blocks(_ language: String) throws -> [String] {
        try Self.text("docs/EXEC.md").components(separatedBy: "```\(language)\n").dropFirst().map {
            String($0.prefix(upTo: $0.range(of: "```")?.lowerBound ?? $0.endIndex))
        }
    }

    @Test("the programs on the page are those of the examples, of 15 lines at most")
    func programs() throws {
        let shown = try blocks("python")
        #expect(shown.count == 2)
        for (name, text) in zip(["sink.py", "source.py"], shown) {
            let file = try Self.text("examples/exec/\(name)")
            #expect(file.hasSuffix("\"\"\"\n" + text) && file.split(separator: "\n").count <= 15)
        }
        #expect(try Self.text("examples/exec/sink.sh").split(separator: "\n").count <= 15)
    }

    @Test("each entry on the page is right")
    func entries() throws {
        let entries = try blocks("jsonc")
        #expect(entries.count == 4)
        for entry in entries {
            #expect(throws: Never.self) { try ConfigurationLoader.load(text: "{ \"sinks\": [ \(entry) ] }", registry: registry) }
        }
    }

    @Test("the page names every metric, and every variable that the program inherits")
    func named() throws {
        let page = try Self.text("docs/EXEC.md")
        for metric in ExecCounts().metrics(inFlight: 0, leftOut: 0) { #expect(page.contains("| `tallywire_\(metric.name)` |")) }
        let inherited = Program.inherited.map { "`\($0)`" }
        #expect(page.contains(inherited.dropLast().joined(separator: ", ") + " and " + inherited[inherited.count - 1]))
    }
}
