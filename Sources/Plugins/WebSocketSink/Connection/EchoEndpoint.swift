import HTTPEndpoints
import NIOCore
import RoomHub
import WebSocketServer

/// The endpoint that sends every message back.
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
            // One message may wait to be written, and as much again that came with its last read.
            try channel.addWebSocketHandlers(
                WebSocketConnection(host: hub, session: EchoSession(), reader: reader, buffer: 2 * Self.message),
                waterMark: 64 * 1024)
        }
    }
}

/// A connection that gets back every message that it sends, as conformance suites need.
final class EchoSession: WebSocketSession {
    func opened(_ connection: WebSocketConnection, on loop: any EventLoop) {}
    func becameWritable() {}
    func answersPing() -> Bool { true }
    func goingAway(comeBackAfter pause: Duration) {}
    func ended() {}

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        var header = ByteBuffer()
        header.writeFrameHeader(isText ? .text : .binary, length: payload.readableBytes)
        _ = connection.send(pieces: [header, payload])
    }
}
