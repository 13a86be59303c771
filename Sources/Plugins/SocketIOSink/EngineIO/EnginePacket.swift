import Foundation
import NIOCore
import NIOFoundationCompat
import WebSocketServer

/// One packet of Engine.IO 4.
struct EnginePacket: Equatable, Sendable {
    /// The types. The raw value is the digit with which a packet begins.
    enum Kind: UInt8, Sendable {
        case open = 0x30
        case close, ping, pong, message, upgrade, noop
    }

    let kind: Kind
    /// A text packet's bytes after its type, or a binary message's bytes.
    var payload = ByteBuffer()
    /// Whether the packet is a binary message.
    var isBinary = false

    static let close = EnginePacket(kind: .close)
    static let ping = EnginePacket(kind: .ping)
    static let noop = EnginePacket(kind: .noop)

    /// The text of a probe, which asks and answers whether a WebSocket reaches the server.
    static let probe = ByteBuffer(string: "probe")

    static func message(_ text: ByteBuffer) -> EnginePacket { EnginePacket(kind: .message, payload: text) }
    static func binary(_ bytes: ByteBuffer) -> EnginePacket { EnginePacket(kind: .message, payload: bytes, isBinary: true) }
}

/// What a client sent is no Engine.IO.
struct MalformedPacket: Error, Equatable {
    /// What is wrong with it.
    let message: String

    init(_ message: String) { self.message = message }
}

extension EnginePacket {
    /// Reads a text packet: its type and what follows.
    init(text: ByteBuffer) throws(MalformedPacket) {
        var text = text
        guard let first = text.readInteger(as: UInt8.self), let kind = Kind(rawValue: first) else {
            throw MalformedPacket("a packet begins with its type, a digit from 0 to 6")
        }
        self.init(kind: kind, payload: text)
    }

    /// The packet as one WebSocket frame.
    var frame: ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(payload.readableBytes + 11)
        if isBinary {
            frame.writeFrameHeader(.binary, length: payload.readableBytes)
        } else {
            frame.writeFrameHeader(.text, length: payload.readableBytes + 1)
            frame.writeInteger(kind.rawValue)
        }
        frame.writeImmutableBuffer(payload)
        return frame
    }
}

/// A body of HTTP polling: packets with a separator between them. A binary message is `b` and base64.
enum EnginePayload {
    static let separator: UInt8 = 0x1E
    private static let binaryMark = UInt8(ascii: "b")
    /// The most packets of one body.
    static let mostPackets = 10_000

    /// Reads a client's body.
    static func packets(_ body: ByteBuffer) throws(MalformedPacket) -> [EnginePacket] {
        let parts = body.readableBytesView.split(separator: separator, maxSplits: mostPackets, omittingEmptySubsequences: false)
        guard parts.count <= mostPackets else { throw MalformedPacket("a body has at most \(mostPackets) packets") }
        var packets: [EnginePacket] = []
        packets.reserveCapacity(parts.count)
        for part in parts {
            if part.first == binaryMark {
                packets.append(.binary(try bytes(inBase64: part.dropFirst())))
            } else {
                packets.append(try EnginePacket(text: ByteBuffer(part)))
            }
        }
        return packets
    }

    private static func bytes(inBase64 text: ByteBufferView) throws(MalformedPacket) -> ByteBuffer {
        guard let bytes = Data(base64Encoded: Data(text)) else { throw MalformedPacket("a binary message is b and base64") }
        return ByteBuffer(data: bytes)
    }

    /// The body with these packets.
    static func body(_ packets: [EnginePacket]) -> ByteBuffer {
        var body = ByteBuffer()
        for packet in packets {
            if body.readableBytes > 0 { body.writeInteger(separator) }
            append(packet, to: &body)
        }
        return body
    }

    private static func append(_ packet: EnginePacket, to body: inout ByteBuffer) {
        if packet.isBinary {
            body.writeInteger(binaryMark)
            body.writeBytes(Data(packet.payload.readableBytesView).base64EncodedData())
        } else {
            body.writeInteger(packet.kind.rawValue)
            body.writeImmutableBuffer(packet.payload)
        }
    }

    /// The body with the packets of whole WebSocket text frames, in any pieces.
    static func body(frames pieces: [ByteBuffer]) -> ByteBuffer {
        var body = ByteBuffer()
        body.reserveCapacity(pieces.reduce(0) { $0 + $1.readableBytes })
        for piece in pieces {
            var piece = piece
            while let payload = piece.readFramePayload() {
                if body.readableBytes > 0 { body.writeInteger(separator) }
                body.writeImmutableBuffer(payload)
            }
        }
        return body
    }
}

extension ByteBuffer {
    /// Reads the payload of the next frame of a server, which is not masked; `nil` at the end.
    fileprivate mutating func readFramePayload() -> ByteBuffer? {
        guard readInteger(as: UInt8.self) != nil, let short = readInteger(as: UInt8.self) else { return nil }
        let length: Int? =
            switch short {
            case 126: readInteger(as: UInt16.self).map { Int($0) }
            case 127: readInteger(as: UInt64.self).map { Int($0) }
            default: Int(short)
            }
        return length.flatMap { readSlice(length: $0) }
    }
}
