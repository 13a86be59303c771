import ExecPlugin
import JSONLogSink
import MQTTScanners
import MQTTSink
import NATSSink
import PostgresSink
import SiteSource
import SocketIOSink
import TallywirePipeline
import WebSocketSink
import WebhookSink

extension PluginRegistry {
    /// The plugins that come with Tallywire.
    public static let builtIn = PluginRegistry(
        sources: [.mqttScanners, .exec, .site], sinks: [.webSocket, .socketIO, .mqtt, .jsonLog, .webhook, .postgres, .nats, .exec])
}
