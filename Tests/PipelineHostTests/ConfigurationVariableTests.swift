import Foundation
import PipelineHost
import TallywireConfiguration
import Testing

@Suite struct ConfigurationVariableTests {
    /// The location that `text` gives.
    private func value(_ text: String, _ environment: [String: String] = [:], directory: String = "") throws -> String {
        let json = #"{ "defaultLocation": "\#(text)" }"#
        return try ConfigurationRegistry.load(json, environment: environment, directory: directory).defaultLocation
    }

    @Test("variables, defaults and literals are put into strings")
    func variables() throws {
        let environment = ["A": "x", "EMPTY": "", "N_1": "${A}"]
        #expect(try value("${A}", environment) == "x")
        #expect(try value("-${A}${A}-", environment) == "-xx-")
        #expect(try value("${B:-y}", environment) == "y")
        #expect(try value("${A:-y}", environment) == "x")
        #expect(try value("${EMPTY:-y}", environment) == "y")
        #expect(try value("w${EMPTY}", environment) == "w")
        #expect(try value("${A:?must be set}", environment) == "x")
        #expect(try value("$${A}", environment) == "${A}")
        #expect(try value("$$${A}", environment) == "$${A}")
        #expect(try value("$A $", environment) == "$A $")
        #expect(try value("${B:-a:-b}", environment) == "a:-b")
        #expect(try value("${N_1}", environment) == "${A}", "what is put in is not looked at again")
    }

    @Test("numbers, switches, durations, sizes and names may come from variables")
    func conversion() throws {
        let json = """
            { "http": { "port": "${PORT}", "limits": { "body": "${BODY:-2MiB}" } }, "shutdown": { "drain": "${DRAIN:-3s}" },
              "sinks": [{ "plugin": "${PLUGIN:-json-log}", "path": "a", "enabled": "${ON:-true}", "fsync": "${SYNC:-never}" }] }
            """
        let configuration = try ConfigurationRegistry.load(json, environment: ["PORT": "9000"])
        #expect(configuration.http.port == 9000)
        #expect(configuration.http.limits.body == .mebibytes(2))
        #expect(configuration.shutdown.drain == .seconds(3))
        #expect(configuration.sinks.map(\.plugin) == ["json-log"])
        #expect(
            ConfigurationRegistry.mistakes(json, environment: ["PORT": "90000", "ON": "1"])
                == """
                plugins.json:1:21: error: “port” is 90000, but must be from 0 to 65535
                plugins.json:2:72: error: “enabled” is the string “${ON:-true}”, but must be true or false
                """)
    }

    @Test("a file's text is put in without the newline at its end")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tallywire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: folder.appending(path: "secret")) }

        try write(Array("WH2\n".utf8))
        #expect(try value("${file:secret}", directory: folder.path) == "WH2")
        #expect(try value("${file:\(folder.path)/secret}") == "WH2")
        try write(Array("${A}\r\n".utf8))
        #expect(try value("${file:secret}", directory: folder.path) == "${A}")

        func mistake() -> String {
            ConfigurationRegistry.mistakes(
                #"{ "sinks": [{ "plugin": "json-log", "path": "${file:secret}" }] }"#, directory: folder.path)
        }
        try write([0xFF])
        #expect(mistake() == "plugins.json:1:45: error: “${file:secret}”: the file is not UTF-8")
        try write([UInt8](repeating: 65, count: 64 << 10))
        #expect(mistake() == "plugins.json:1:45: error: “path” has 65536 characters, but at most 4096 are allowed")
        try write([UInt8](repeating: 65, count: (64 << 10) + 1))
        #expect(mistake() == "plugins.json:1:45: error: “${file:secret}”: is larger than 64KiB")
    }
}
