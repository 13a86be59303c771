import Mosquitto
import PipelineHost
import TallywireConfiguration
import TallywirePipeline
import Testing

@testable import MQTTSink

@Suite("The options of mqtt in plugins.json")
struct OptionsTests {
    /// Loads a file with one sink, whose display rule has this payload in line 2.
    private func load(_ payload: String, more: String = "") throws -> PipelineConfiguration {
        let text = """
            { "sinks": [ { "plugin": "mqtt", "broker": "mqtt://127.0.0.1", "publish": [ { "topic": "d/{location}/{sku}", "payload":
            \(payload) } ]\(more) } ] }
            """
        return try ConfigurationLoader.load(text: text, registry: PluginRegistry(sinks: [.mqtt]))
    }

    @Test(
        "every kind of payload is taken",
        arguments: [
            #""event""#, #""display""#, #""cloudevents""#, #""cloudevents-binary""#, #"{"fields":["sku","location"]}"#,
            #"{"text":"{name}\n{price|-} EUR"}"#,
        ])
    func payloads(payload: String) throws {
        #expect(try load(payload).sinks.count == 1)
    }

    @Test(
        "a mistake is shown with its place and what was probably meant",
        arguments: [
            (#""cloudevent""#, "2:1", "did you mean “cloudevents”?"), (#"{"fields":["prise"]}"#, "2:12", "did you mean “price”?"),
            (#"{"text":"{prise}"}"#, "2:9", "did you mean “price”?"), (#"{"text":"{sku"}"#, "2:9", "{ without a }"),
            (#"{"fields":["sku","sku"]}"#, "2:11", "named twice"), (#"{}"#, "2:1", "“fields” or “text”"),
            (#"{"fields":["sku"],"text":"x"}"#, "2:1", "“fields” or “text”"),
            (#"{"field":["sku"]}"#, "2:2", "did you mean “fields”?"),
        ])
    func mistakes(payload: String, place: String, what: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try load(payload) }
        #expect(error.description.contains("plugins.json:\(place): ") && error.description.contains(what), "\(error)")
    }

    @Test("repair, confirm and cloudEvents have defaults, and an object without keys is enough")
    func defaults() throws {
        _ = try load(#""display""#, more: #", "confirm": {}, "repair": {}, "cloudEvents": {}"#)
        let error = try #require(throws: ConfigurationError.self) { try load(#""event""#, more: #", "confirm": {}"#) }
        #expect(error.description.contains("no display to confirm"), "\(error)")
    }
}
