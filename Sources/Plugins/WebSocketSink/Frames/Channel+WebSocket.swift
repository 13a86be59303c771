import NIOCore
import NIOWebSocket

extension Channel {
    /// Adds what turns bytes into messages, and the connection that takes them.
    func addWebSocketHandlers(
        _ connection: WebSocketConnection, message: Int, fragments: Int, waterMark: Int
    ) throws {
        try syncOptions?.setOption(
            .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: waterMark / 2, high: waterMark))
        try pipeline.syncOperations.addHandlers(
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: message)), FrameGuard(),
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: fragments, maxAccumulatedFrameSize: message),
            connection)
    }
}
