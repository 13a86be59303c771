import NIOCore

extension Channel {
    /// Bytes that the kernel may hold for a peer; Linux takes twice as many, for what it keeps with them.
    private static var kernelBuffer: Int { 256 * 1024 }

    /// Makes the channel a WebSocket connection, whose handler is the only one that it has from then on.
    func addWebSocketHandlers(_ connection: WebSocketConnection, waterMark: Int) throws {
        try syncOptions?.setOption(
            .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: waterMark / 2, high: waterMark))
        // Left to itself the kernel would let megabytes wait for a peer that does not read.
        try syncOptions?.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(Self.kernelBuffer))
        try pipeline.syncOperations.addHandler(connection)
    }
}
