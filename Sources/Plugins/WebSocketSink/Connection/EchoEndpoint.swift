import NIOCore
import TallywirePipeline

/// The path where messages come back.
struct EchoEndpoint: UpgradeEndpoint {
    /// Conformance suites send messages of 16 MiB, and of 4 MiB in fragments of 64 bytes.
    static let message = 16 << 20
    static let fragments = 1 << 17

    let hub: Hub
    let path: String

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission { hub.admission }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ReadWhileWritable())
            let reader = MessageReader(message: Self.message, fragments: Self.fragments)
            // One message may wait, and what its last read brought beside it.
            try channel.addWebSocketHandlers(
                WebSocketConnection(hub: hub, session: EchoSession(), reader: reader, buffer: 2 * Self.message),
                waterMark: 64 * 1024)
        }
    }
}
