import Foundation
import PipelineHost
import TallywireConfiguration
import Testing

@testable import TallywirePipeline

@Suite struct ConfigurationOutputTests {
    @Test("the JSON Schema names every key, type and limit")
    func schema() throws {
        let text = ConfigurationSchema.jsonSchema(of: ConfigurationRegistry.all)
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["additionalProperties"] as? Bool == false)
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(
            Set(properties.keys) == [
                "$schema", "journal", "http", "auth", "defaultLocation", "shutdown", "engine", "cluster", "sources", "sinks",
            ])
        let sinks = try #require((properties["sinks"] as? [String: Any])?["items"] as? [String: Any])
        let branches = try #require(sinks["allOf"] as? [[String: Any]])
        let log = try #require(branches[2]["then"] as? [String: Any])
        #expect(log["required"] as? [String] == ["path"])
        #expect(
            Set(try #require(log["properties"] as? [String: Any]).keys) == [
                "plugin", "name", "enabled", "placement", "events", "where", "retry", "deadLetter", "path", "rotate", "fsync",
            ])
    }

    /// Holds the files against the schema with a validator that is not ours, where the machine has it.
    @Test(
        "another validator accepts the repository's files and refuses mistakes",
        .enabled(if: (try? run("import jsonschema", [])) == 0))
    func validator() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tallywire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = folder.appending(path: "schema.json")
        try ConfigurationSchema.jsonSchema(of: ConfigurationRegistry.all).write(to: schema, atomically: true, encoding: .utf8)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let program = """
            import json, jsonschema, sys
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            sys.exit(0 if jsonschema.Draft202012Validator(schema).is_valid(json.load(open(sys.argv[2]))) else 3)
            """
        func exitCode(_ json: String) throws -> Int32 {
            let file = folder.appending(path: "plugins.json")
            try json.write(to: file, atomically: true, encoding: .utf8)
            return try Self.run(program, [schema.path, file.path])
        }
        for name in [
            "plugins.json", "examples/plugins.minimal.json", "examples/plugins.two-sites.json", "examples/plugins.log-only.json",
        ] {
            let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
            #expect(try exitCode(try ConfigurationTree.read(text).value.json) == 0, "\(name)")
        }
        for mistake in [
            #"{"htp":{}}"#, #"{"http":{"port":70000}}"#, #"{"sinks":[{"plugin":"json-logg","path":"a"}]}"#,
            #"{"sinks":[{"plugin":"json-log"}]}"#, #"{"sinks":[{"plugin":"json-log","path":"a","fsync":"batches"}]}"#,
            #"{"sinks":[{"plugin":"json-log","path":"a","topic":"b"}]}"#, #"{"shutdown":{"drain":"10"}}"#,
        ] { #expect(try exitCode(mistake) == 3, "\(mistake)") }
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("a plugin's reference has its options, their types, defaults and an example")
    func reference() {
        #expect(
            PluginReference.describe(ConfigurationRegistry.jsonLog).hasPrefix(
                """
                json-log: a sink, durable
                Writes each event as a line of JSON into a file.

                Options
                  path: a string; required
                      The file.
                  rotate: an object
                      When a new file begins.
                    size: a size from “1KiB” to “1TiB”; default "64MiB"
                        When a new file begins.
                    keep: an integer from 1 to 1000; default 8
                        How many old files are kept.
                  fsync: one of “batch”, “never” or an object; default "batch"
                      When the file is flushed to the disk.
                    every: a duration from “10ms” to “1h”; required
                        How often.

                Options of every sink
                  name: a string: a name (1 to 64 letters, digits, - and _)
                """))
        #expect(
            PluginReference.describe(ConfigurationRegistry.jsonLog).hasSuffix(
                """
                Example
                  { "plugin": "json-log", "path": "data/events.jsonl" }

                """))
        let scanners = PluginReference.describe(ConfigurationRegistry.scanners)
        #expect(
            scanners.contains("  devices: an object\n      What scans leave out, by device.\n    each key, any text: an object\n"))
        #expect(scanners.contains("Options of every source"))
    }

    @Test("the graph leads from sources over the engine to rooms, topics and files")
    func graph() throws {
        let configuration = try ConfigurationRegistry.load(
            """
            { "sources": [{ "plugin": "mqtt-scanners", "broker": "mqtt://127.0.0.1" }],
              "sinks": [
                { "plugin": "websocket", "rooms": { "admin_room": { "events": ["stock_alert"] }, "shop": { "events": [] } } },
                { "plugin": "mqtt", "name": "displays", "broker": "mqtt://127.0.0.1", "events": ["stock_alert", "inventory_updated"],
                  "publish": [{ "topic": "a/{sku}" }, { "topic": "b\\"#<x>" }, { "topic": "a/{sku}" }] } ] }
            """)
        #expect(
            PipelineGraph.mermaid(configuration) == """
                flowchart LR
                    api(["HTTP 127.0.0.1:8080"]) --> engine
                    source0["mqtt-scanners"] --> engine
                    source0from0(["scanners/{device}/scan"]) --> source0
                    engine["engine"] --> journal[("journal<br>data/tallywire.db")]
                    journal --> feed["feed"]
                    feed --> sink0["websocket"]
                    sink0 --> sink0to0(["admin_room"])
                    sink0 --> sink0to1(["shop"])
                    feed -->|"stock_alert, inventory_updated"| sink1["displays<br>mqtt"]
                    sink1 --> sink1to0(["a/{sku}"])
                    sink1 --> sink1to1(["b#34;#35;#60;x#62;"])

                """)
    }
}
