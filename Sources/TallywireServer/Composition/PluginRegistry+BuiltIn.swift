import JSONLogSink
import TallywirePipeline
import WebSocketSink

extension PluginRegistry {
    /// The plugins that come with Tallywire.
    public static let builtIn = PluginRegistry(sources: [], sinks: [.webSocket, .jsonLog])
}
