import Foundation
import PipelineHost
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import Testing

// What CONTRIBUTING.md shows begins here.
struct LatestLine: Sink {
    struct Options: Decodable, Sendable { var path: String }
    let options: Options

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        if let last = batch.records.last { try Data(last.json).write(to: URL(filePath: options.path)) }
        return Delivery()
    }
}

extension SinkType {
    static let latestLine = SinkType(
        "latest-line", summary: "Keeps the newest event in a file.", schema: [.required("path", .string(.anything), "The file.")],
        options: LatestLine.Options.self, make: { LatestLine(options: $0) })
}
// It ends here.

@Suite("A sink as CONTRIBUTING.md shows it")
struct AddingASinkTests {
    @Test("the lines are those of the page")
    func page() throws {
        #expect(try Shown.page().contains(try Shown.lines(of: #filePath)))
    }

    @Test("it can be named in plugins.json, and gets events")
    func works() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "latest-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = #"{ "sinks": [ { "plugin": "latest-line", "path": "\#(path)", "events": ["stock_alert"] } ] }"#
        let configuration = try ConfigurationLoader.load(text: file, registry: PluginRegistry() + SinkType.latestLine)
        let sink = try #require(configuration.sinks.first).makeSink()
        let event = Event(seq: 7, timestamp: Timestamp(milliseconds: 0), body: .stockAlert(.example))
        _ = try await sink.deliver(EventBatch(records: [EventEnvelope(event, json: event.json)]))
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(event.json))
        let mistake = #"{ "sinks": [ { "plugin": "latest-line", "pth": "x" } ] }"#
        #expect(throws: (any Error).self) {
            try ConfigurationLoader.load(text: mistake, registry: PluginRegistry() + SinkType.latestLine)
        }
    }
}

/// Code that a page shows and a test compiles.
enum Shown {
    static func page() throws -> String {
        try String(contentsOf: URL(filePath: #filePath).appending(path: "../../../CONTRIBUTING.md").standardized, encoding: .utf8)
    }

    /// The lines between the two comments of a file.
    static func lines(of path: String) throws -> String {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(text.range(of: "// What CONTRIBUTING.md shows begins here.\n")).upperBound
        return String(text[start..<(try #require(text.range(of: "// It ends here.\n")).lowerBound)])
    }
}
