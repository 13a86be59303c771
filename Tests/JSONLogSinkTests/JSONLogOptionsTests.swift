import PipelineHost
import TallywireConfiguration
import TallywirePipeline
import Testing

@testable import JSONLogSink

@Suite struct JSONLogOptionsTests {
    private let registry = PluginRegistry(sinks: [.jsonLog])

    private func options(_ json: String) throws -> JSONLogOptions {
        let text = #"{ "sinks": [{ "plugin": "json-log", \#(json) }] }"#
        let entry = try #require(try ConfigurationLoader.load(text: text, registry: registry).sinks.first)
        _ = try entry.makeSink()
        return try entry.options.decode(JSONLogOptions.self)
    }

    @Test("a path is enough")
    func defaults() throws {
        let options = try options(#""path": "a.jsonl""#)
        #expect(options.path == "a.jsonl")
        #expect(options.rotate.size == .mebibytes(64))
        #expect(options.rotate.keep == 8)
        #expect(options.fsync == .batch)
    }

    @Test(
        "flushing is said in one of three ways",
        arguments: [(#""batch""#, FlushPolicy.batch), (#""never""#, .never), (#"{ "every": "1s" }"#, .every(.seconds(1)))])
    func fsync(json: String, policy: FlushPolicy) throws {
        #expect(try options(#""path": "a", "fsync": \#(json)"#).fsync == policy)
    }

    @Test("another way is an error")
    func badFsync() {
        let error = #expect(throws: ConfigurationError.self) { try options(#""path": "a", "fsync": "always""#) }
        #expect(
            error?.description
                == "plugins.json:1:59: error: “fsync”: unknown value “always”, it must be one of “batch”, “never”")
    }

    @Test("the reference's example is good")
    func example() throws {
        let example = try #require(SinkType.jsonLog.options.example)
        let configuration = try ConfigurationLoader.load(text: "{ \"sinks\": [\(example)] }", registry: registry)
        #expect(try configuration.sinks[0].options.decode(JSONLogOptions.self).fsync == .every(.seconds(1)))
    }
}
