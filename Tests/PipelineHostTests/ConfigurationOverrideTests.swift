import PipelineHost
import TallywireConfiguration
import Testing

@Suite struct ConfigurationOverrideTests {
    private let text = """
        { "http": { "port": 8080 },
          "sinks": [
            { "plugin": "json-log", "path": "a.jsonl" },
            { "plugin": "mqtt", "name": "shelf-displays", "broker": "mqtt://127.0.0.1", "publish": [{ "topic": "t", "qos": 1 }] }
          ] }
        """

    private func log(_ configuration: PipelineConfiguration) throws -> ConfigurationRegistry.LogOptions {
        try #require(configuration.sinks.first { $0.name == "json-log" }).options.decode(ConfigurationRegistry.LogOptions.self)
    }

    @Test("values are replaced and added, before everything is checked")
    func sets() throws {
        let configuration = try ConfigurationRegistry.load(
            text,
            overrides: [
                "http.port=0", "http.host=127.0.0.2", "defaultLocation=42", "sinks.json-log.rotate.size=1MiB",
                "sinks.json-log.fsync={\"every\":\"2s\"}", "sinks.json-log.path=x=y", "sinks.shelf-displays.publish.0.qos=0",
                "sinks.shelf-displays.clientId=007", "shutdown={\"drain\":\"1s\"}", "journal.path=\"42\"",
            ])
        #expect(configuration.http.port == 0)
        #expect(configuration.http.host == "127.0.0.2")
        #expect(configuration.defaultLocation == "42", "a number is a string where a string is wanted")
        #expect(configuration.shutdown.drain == .seconds(1))
        #expect(configuration.journal.path == "42")
        let log = try log(configuration)
        #expect(log.rotate == .init(size: .mebibytes(1), keep: 8))
        #expect(log.fsync == .every(.seconds(2)))
        #expect(log.path == "x=y")
        #expect(configuration.sinks[1].options["publish"]?.json.contains(#""qos": 0"#) == true)
        #expect(configuration.sinks[1].options["clientId"]?.string == "007")
    }

    @Test("a later one of the same path wins, and a disabled sink can be enabled")
    func order() throws {
        let configuration = try ConfigurationRegistry.load(
            #"{ "sinks": [{ "plugin": "json-log", "path": "a", "enabled": false }] }"#,
            overrides: ["http.port=1", "http.port=2", "sinks.json-log.enabled=true"])
        #expect(configuration.http.port == 2)
        #expect(configuration.sinks.count == 1)
    }

    @Test(
        "a mistake names the option",
        arguments: [
            ("http.prt=0", "--set http.prt=0: error: unknown key “prt” in “http”, did you mean “port”?"),
            ("htp.port=0", "--set htp.port=0: error: unknown key “htp” in the file, did you mean “http”?"),
            ("http.port=x", "--set http.port=x: error: “port” is the string “x”, but must be an integer from 0 to 65535"),
            ("http.port=70000", "--set http.port=70000: error: “port” is 70000, but must be from 0 to 65535"),
            (
                "http.port.x=1", "--set http.port.x=1: error: “http.port” is an integer, it has no “x”"
            ),
            ("sinks.shelf=1", "--set sinks.shelf=1: error: no sink is named “shelf”, did you mean “shelf-displays”?"),
            ("sinks.x.y=1", "--set sinks.x.y=1: error: no sink is named “x”, there are “json-log”, “shelf-displays”"),
            ("sources.x.y=1", "--set sources.x.y=1: error: there are no sources"),
            (
                "sinks.json-log.rotate.siz=1",
                "--set sinks.json-log.rotate.siz=1: error: unknown key “siz” in “rotate”, did you mean “size”?"
            ),
            (
                "sinks.shelf-displays.publish.7.qos=1",
                "--set sinks.shelf-displays.publish.7.qos=1: error: “sinks.shelf-displays.publish” is a list of 1, it has no element “7”"
            ),
            ("http.port", "--set http.port: error: a change has the form path=value, such as http.port=0"),
            ("=1", "--set =1: error: a change has the form path=value, such as http.port=0"),
            ("http..port=1", "--set http..port=1: error: a change has the form path=value, such as http.port=0"),
            (
                "http.host=0.0.0.0",
                "--set http.host=0.0.0.0: error: auth.mode “open” lets everybody do everything, so http.host must be a loopback address, not “0.0.0.0”"
            ),
        ])
    func mistakes(option: String, message: String) {
        #expect(ConfigurationRegistry.mistakes(text, overrides: [ConfigurationOverride(set: option)]) == message)
    }

    @Test("another option of the command line is named as it was given")
    func otherOption() {
        let override = ConfigurationOverride(path: ["http", "port"], text: "http", option: "--port http")
        #expect(
            ConfigurationRegistry.mistakes(text, overrides: [override])
                == "--port http: error: “port” is the string “http”, but must be an integer from 0 to 65535")
    }
}
