import JSONLogSink
import MQTTScanners
import MQTTSink
import PipelineHost
import SocketIOSink
import TallywireConfiguration
import TallywirePipeline
import WebSocketSink

private let registry = PluginRegistry(sources: [.mqttScanners], sinks: [.webSocket, .socketIO, .mqtt, .jsonLog])

/// plugins.json: every mistake has words and a place within the file, and what is right is a configuration.
@Sendable func readConfiguration(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    // No file of the machine is read: `${file:…}` is looked for where there is nothing.
    guard !text.contains("${file:/") else { return }
    do {
        _ = try ConfigurationLoader.load(text: text, directory: "/nonexistent", registry: registry, environment: ["NAME": "value"])
    } catch let error as ConfigurationError {
        require(!error.diagnostics.isEmpty, "refused without a mistake")
        // Editors take all of these for the end of a line, and so does the reader.
        let lines = text.unicodeScalars.reduce(1) { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($1) ? $0 + 1 : $0 }
        for mistake in error.diagnostics {
            require(!mistake.message.isEmpty, "a mistake without words")
            require(
                (1...lines + 1).contains(mistake.line ?? 1) && (mistake.column ?? 1) >= 1, "\(mistake) is outside of \(lines) lines"
            )
        }
    } catch {
        require(error is UnknownNameError, "\(error)")
    }
}
