import JSONLogSink
import MQTTScanners
import MQTTSink
import SocketIOSink
import TallywirePipeline
import WebSocketSink

extension PluginRegistry {
    /// The plugins that come with Tallywire.
    public static let builtIn = PluginRegistry(sources: [.mqttScanners], sinks: [.webSocket, .socketIO, .mqtt, .jsonLog])
}
