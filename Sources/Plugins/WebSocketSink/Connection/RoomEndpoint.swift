import HTTPEndpoints
import NIOCore
import WebSocketServer

/// The endpoint where clients join rooms.
struct RoomEndpoint: UpgradeEndpoint {
    let hub: Hub
    var path: String { hub.configuration.path }

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission { hub.admission }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let limits = hub.configuration.limits
            let session = RoomSession(request, hub: hub, messages: limits.messages, now: channel.eventLoop.now)
            let reader = MessageReader(message: limits.message, fragments: 1024)
            try channel.addWebSocketHandlers(
                WebSocketConnection(host: hub, session: session, reader: reader, buffer: limits.buffer),
                waterMark: min(64 * 1024, limits.buffer))
        }
    }
}
