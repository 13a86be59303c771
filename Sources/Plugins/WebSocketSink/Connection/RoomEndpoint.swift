import NIOCore
import NIOHTTP1
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
            let reader = MessageReader(message: limits.message, fragments: 1024)
            try channel.addWebSocketHandlers(
                WebSocketConnection(hub: hub, session: RoomSession(greeting: greeting), reader: reader, buffer: limits.buffer),
                waterMark: min(64 * 1024, limits.buffer))
        }
    }
}
