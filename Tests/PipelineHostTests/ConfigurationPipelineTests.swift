import Foundation
import PipelineHost
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import Testing

@Suite struct ConfigurationPipelineTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func loadFile(_ name: String, only: [String] = [], without: [String] = []) throws -> PipelineConfiguration {
        try ConfigurationLoader.load(
            path: Self.root.appending(path: name).path, registry: ConfigurationRegistry.all, environment: [:], only: only,
            without: without)
    }

    @Test("an empty object gives a server with all defaults")
    func defaults() throws {
        let configuration = try ConfigurationRegistry.load("{}")
        #expect(configuration.journal.path == "data/tallywire.db")
        #expect(configuration.journal.retention.age == .seconds(30 * 86_400))
        #expect(configuration.journal.retention.size == .gibibytes(4))
        #expect(configuration.journal.retention.hardLimit == .gibibytes(16))
        #expect(configuration.journal.idempotency.keep == .seconds(8 * 86_400))
        #expect(configuration.http.host == "127.0.0.1")
        #expect(configuration.http.port == 8080)
        #expect(configuration.http.limits.body == .mebibytes(1))
        #expect(configuration.auth.mode == .open)
        #expect(configuration.defaultLocation == "MAIN")
        #expect(configuration.shutdown.drain == .seconds(10))
        #expect(configuration.engineConfiguration.inbox == 65_536)
        #expect(configuration.engineConfiguration.batch == 4_096)
        #expect(configuration.engineConfiguration.feed == .init())
        #expect(configuration.journal.journalRetention == .init())
        #expect(configuration.sources.isEmpty && configuration.sinks.isEmpty)
    }

    @Test("the repository's plugins.json is the pipeline of the contract")
    func repository() throws {
        let configuration = try loadFile("plugins.json")
        #expect(configuration.defaultLocation == "WH1")
        #expect(configuration.sources.map(\.name) == ["mqtt-scanners"])
        #expect(configuration.sinks.map(\.name) == ["websocket", "shelf-displays", "json-log"])
        #expect(configuration.sinks.map(\.mode) == [.live, .durable, .durable])
        #expect(configuration.sinks.map(\.deadLetter).last == "data/dead-letter/json-log.jsonl")
        _ = try configuration.sinks.map { try $0.makeSink() }
        _ = try configuration.sources.map { try $0.makeSource() }
    }

    @Test("the examples are good", arguments: ["minimal", "two-sites", "log-only"])
    func examples(name: String) throws {
        let configuration = try loadFile("examples/plugins.\(name).json")
        #expect(!configuration.sinks.isEmpty)
    }

    @Test("an entry says which events it gets, how it is tried again and where its dead letters go")
    func entry() throws {
        let json = """
            { "journal": { "path": "/var/lib/tallywire/j.db" }, "sinks": [
              { "plugin": "json-log", "path": "a", "events": ["stock_alert"], "deadLetter": "d.jsonl",
                "where": { "locations": ["WH*"], "skus": ["TEE-*", "MUG"], "levels": ["out"] },
                "retry": { "initial": "1s", "max": "1m", "attempts": 5 } },
              { "plugin": "json-log", "name": "b", "path": "b" } ] }
            """
        let sinks = try ConfigurationRegistry.load(json).sinks
        #expect(sinks[0].events == [.stockAlert])
        #expect(sinks[0].filter == .init(locations: ["WH*"], skus: ["TEE-*", "MUG"], levels: [.out]))
        #expect(sinks[0].retry == .init(initial: .seconds(1), max: .seconds(60), attempts: 5))
        #expect(sinks[0].deadLetter == "d.jsonl")
        #expect(sinks[1].events == nil)
        #expect(sinks[1].filter.isEmpty)
        #expect(sinks[1].retry == .init())
        #expect(sinks[1].deadLetter == "/var/lib/tallywire/dead-letter/b.jsonl")
    }

    @Test(
        "another data directory moves the journal and the dead letters",
        arguments: [("/srv", "/srv/"), ("/srv/", "/srv/"), ("other", "other/"), (".", ""), ("/", "/")])
    func dataDirectory(directory: String, prefix: String) throws {
        var configuration = try ConfigurationRegistry.load(
            """
            { "sinks": [{ "plugin": "json-log", "path": "data/a" },
                        { "plugin": "json-log", "name": "b", "path": "b", "deadLetter": "data/b.jsonl" }] }
            """)
        configuration.setDataDirectory(directory)
        #expect(configuration.journal.path == prefix + "tallywire.db")
        #expect(configuration.sinks[0].deadLetter == prefix + "dead-letter/json-log.jsonl")
        #expect(configuration.sinks[1].deadLetter == "data/b.jsonl")
        #expect(configuration.sinks[0].options["path"]?.string == "data/a")
    }

    @Test("sources and sinks are chosen by name")
    func chosen() throws {
        func names(only: [String] = [], without: [String] = []) throws -> [String] {
            let configuration = try loadFile("plugins.json", only: only, without: without)
            return configuration.sources.map(\.name) + configuration.sinks.map(\.name)
        }
        #expect(try names(only: ["json-log", "mqtt-scanners"]) == ["mqtt-scanners", "json-log"])
        #expect(try names(without: ["shelf-displays"]) == ["mqtt-scanners", "websocket", "json-log"])
        #expect(try names(only: ["json-log", "websocket"], without: ["websocket"]) == ["json-log"])
    }

    @Test("an unknown name in --only or --without is an error of its own, with a suggestion")
    func unknownName() throws {
        let only = #expect(throws: UnknownNameError.self) { try loadFile("plugins.json", only: ["shelf-display"]) }
        #expect(only?.description == "--only: no source or sink is named “shelf-display”; did you mean “shelf-displays”?")
        let without = #expect(throws: UnknownNameError.self) { try loadFile("plugins.json", without: ["kafka"]) }
        #expect(
            without?.description
                == "--without: no source or sink is named “kafka”; there are “mqtt-scanners”, “websocket”, “shelf-displays”, “json-log”"
        )
    }

    @Test("a disabled entry does not run, also if it is named")
    func disabled() throws {
        let json = #"{ "sinks": [{ "plugin": "json-log", "path": "a", "enabled": false }] }"#
        #expect(try ConfigurationRegistry.load(json).sinks.isEmpty)
        #expect(try ConfigurationRegistry.load(json, only: ["json-log"]).sinks.isEmpty)
    }

    @Test(
        "hosts that only this machine reaches may be open",
        arguments: ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "::1", "[::1]"])
    func loopback(host: String) throws {
        #expect(try ConfigurationRegistry.load(#"{ "http": { "host": "\#(host)" } }"#).http.host == host)
    }

    @Test(
        "all other hosts may not",
        arguments: [
            "0.0.0.0", "::", "10.0.0.1", "127.0.0", "127.0.0.1.example.com", "127.0.0.256", "1270.0.0.1", "example.com",
            "127.0.0.+1",
        ])
    func notLoopback(host: String) {
        #expect(ConfigurationRegistry.mistakes(#"{ "http": { "host": "\#(host)" } }"#).contains("1:21: error: auth.mode “open”"))
    }
}
