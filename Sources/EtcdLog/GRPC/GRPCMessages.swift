import NIOCore

/// Cuts a stream of bytes into gRPC's messages: each stands after a byte that says whether it is compressed, and its length in four.
struct GRPCMessages {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private var bytes = ByteBuffer()
    let limit: Int

    init(limit: Int) { self.limit = limit }

    static func framed(_ message: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: message.count + 5)
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(message.count))
        buffer.writeBytes(message)
        return buffer
    }

    mutating func append(_ more: ByteBuffer) {
        // A stream that never pauses between two messages would keep all that was read of it.
        if bytes.readerIndex > 1 << 16 { bytes.discardReadBytes() }
        if bytes.readableBytes == 0 { bytes = more } else { bytes.writeImmutableBuffer(more) }
    }

    /// The next message that is there as a whole.
    mutating func next() throws(Mistake) -> ByteBuffer? {
        guard let isCompressed = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self),
            let count = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt32.self)
        else { return nil }
        guard isCompressed == 0 else { throw Mistake(description: "a message is compressed, which was not asked for") }
        guard count <= limit else { throw Mistake(description: "a message has \(count) bytes, and at most \(limit) are read") }
        guard bytes.readableBytes >= 5 + Int(count) else { return nil }
        bytes.moveReaderIndex(forwardBy: 5)
        defer { if bytes.readableBytes == 0 { bytes = ByteBuffer() } }
        return bytes.readSlice(length: Int(count))
    }

    /// Whether the stream ends within a message.
    var isAtEnd: Bool { bytes.readableBytes == 0 }
}
