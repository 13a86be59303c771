import NIOCore

/// Frames as a server sends them: final, without a mask, so that the same bytes serve every connection.
///
/// NIO's own frame encoder copies the payload of each frame for each connection; these functions do not.
extension ByteBuffer {
    /// Writes a text message.
    package mutating func writeTextFrame(_ utf8: [UInt8]) {
        writeFrameHeader(.text, length: utf8.count)
        writeBytes(utf8)
    }

    /// Writes a frame's header. `length` bytes have to follow (RFC 6455, section 5.2).
    package mutating func writeFrameHeader(_ kind: FrameKind, length: Int) {
        writeInteger(0x80 | kind.rawValue)
        if length < 126 {
            writeInteger(UInt8(length))
        } else if length <= Int(UInt16.max) {
            writeInteger(UInt8(126))
            writeInteger(UInt16(length))
        } else {
            writeInteger(UInt8(127))
            writeInteger(UInt64(length))
        }
    }

    /// Returns a whole frame.
    static func frame(_ kind: FrameKind, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(payload.readableBytes + 10)
        frame.writeFrameHeader(kind, length: payload.readableBytes)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// Returns a text message.
    package static func textFrame(_ utf8: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(utf8.count + 10)
        frame.writeTextFrame(utf8)
        return frame
    }

    /// Returns a close frame. With `nil` the frame has no code. The reason is cut so that the frame stays within the 125 bytes of a
    /// control frame.
    static func closeFrame(_ code: CloseCode?, reason: String = "") -> ByteBuffer {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code.rawValue)
            var reason = reason
            while reason.utf8.count > 123 { reason.removeLast() }
            payload.writeString(reason)
        }
        return .frame(.close, payload)
    }
}

/// What a frame is for, by its opcode (RFC 6455, section 11.8).
package enum FrameKind: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

extension Channel {
    /// The bytes that the kernel may hold for a peer. Linux doubles the value for its own overhead.
    private static var kernelBuffer: Int { 256 * 1024 }

    /// Makes the channel a WebSocket connection. Its handler is the only one in the pipeline from then on.
    package func addWebSocketHandlers(_ connection: WebSocketConnection, waterMark: Int) throws {
        try syncOptions?.setOption(
            .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: waterMark / 2, high: waterMark))
        // By default the kernel would hold megabytes for a peer that does not read.
        try syncOptions?.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(Self.kernelBuffer))
        try pipeline.syncOperations.addHandler(connection)
    }
}
