import HTTPEndpoints
import NIOCore
import RoomHub
import WebSocketServer

/// The endpoint where clients join rooms.
struct RoomEndpoint: UpgradeEndpoint {
    let hub: Hub
    let path: String

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission { hub.admission }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let limits = hub.settings.limits
            let session = MessageSession(request, hub: hub, now: channel.eventLoop.now)
            let reader = MessageReader(message: limits.message, fragments: 1024)
            try channel.addWebSocketHandlers(
                WebSocketConnection(host: hub, session: session, reader: reader, buffer: limits.buffer),
                waterMark: min(64 * 1024, limits.buffer))
        }
    }
}
