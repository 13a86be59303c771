import NIOCore

/// A connection that gets back whatever it sends, as conformance suites need it.
final class EchoSession: WebSocketSession {
    func opened(_ connection: WebSocketConnection, on shard: HubShard) {}
    func becameWritable() {}
    func answersPing() -> Bool { true }
    func ended() {}

    func received(_ payload: ByteBuffer, isText: Bool, from connection: WebSocketConnection) {
        var header = ByteBuffer()
        header.writeFrameHeader(isText ? .text : .binary, length: payload.readableBytes)
        _ = connection.send(pieces: [header, payload])
    }
}
