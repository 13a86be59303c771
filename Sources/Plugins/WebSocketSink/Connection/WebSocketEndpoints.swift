import NIOCore
import NIOHTTP1
import NIOWebSocket
import TallywirePipeline

/// The path where clients join rooms.
struct RoomEndpoint: UpgradeEndpoint {
    let hub: Hub
    var path: String { hub.configuration.path }

    func admit(_ head: HTTPRequestHead, remote: SocketAddress?) -> UpgradeAdmission { hub.admission }

    func install(on channel: any Channel, head: HTTPRequestHead) -> EventLoopFuture<Void> {
        let greeting = Greeting(target: head.uri)
        return channel.eventLoop.makeCompletedFuture {
            let limits = hub.configuration.limits
            try channel.addWebSocketHandlers(
                WebSocketConnection(hub: hub, session: RoomSession(greeting: greeting), buffer: limits.buffer),
                message: limits.message, fragments: 1024, waterMark: min(64 * 1024, limits.buffer))
        }
    }
}

/// The path where messages come back.
struct EchoEndpoint: UpgradeEndpoint {
    /// Conformance suites send messages of 16 MiB, and of 4 MiB in fragments of 64 bytes.
    static let message = 16 << 20
    static let fragments = 1 << 17

    let hub: Hub
    let path: String

    func admit(_ head: HTTPRequestHead, remote: SocketAddress?) -> UpgradeAdmission { hub.admission }

    func install(on channel: any Channel, head: HTTPRequestHead) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ReadWhileWritable())
            // One message may wait, and what its last read brought beside it.
            try channel.addWebSocketHandlers(
                WebSocketConnection(hub: hub, session: EchoSession(), buffer: 2 * Self.message), message: Self.message,
                fragments: Self.fragments, waterMark: 64 * 1024)
        }
    }
}

extension Hub {
    /// Whether one connection more can be taken.
    fileprivate var admission: UpgradeAdmission {
        switch phase {
        case .running where !isFull: return .accept([:])
        case .running:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "overloaded", message: "all connections are taken; try again later")
        case .waiting, .stopping:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "unavailable", message: "the rooms are not open; try again later")
        }
    }
}

extension Channel {
    /// Adds what turns bytes into messages, and the connection that takes them.
    fileprivate func addWebSocketHandlers(
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
