import NIOCore

extension Channel {
    /// Makes the channel a WebSocket connection, whose handler is the only one that it has from then on.
    func addWebSocketHandlers(_ connection: WebSocketConnection, waterMark: Int) throws {
        try syncOptions?.setOption(
            .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: waterMark / 2, high: waterMark))
        try pipeline.syncOperations.addHandler(connection)
    }
}
