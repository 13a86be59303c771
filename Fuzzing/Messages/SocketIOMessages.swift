import NIOCore
import TallywireCore

@testable import SocketIOSink

/// What a client of Socket.IO sends: the body of a poll, the texts and attachments of a WebSocket, and the query of a request.
@Sendable func readSocketIO(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let rest = ByteBuffer(bytes: bytes.dropFirst())
    switch kind {
    case UInt8(ascii: "q"): _ = try? EngineQuery(target: "/socket.io/?" + String(buffer: rest))
    case UInt8(ascii: "t"): readTexts(rest)
    default: readPayload(rest)
    }
}

private func readPayload(_ body: ByteBuffer) {
    guard let packets = try? EnginePayload.packets(body) else { return }
    require(packets.count <= EnginePayload.mostPackets, "\(packets.count) packets")
    let written = EnginePayload.body(packets)
    require((try? EnginePayload.packets(written)) == packets, "packets are read otherwise than they were written")
    require(
        EnginePayload.body(frames: packets.filter { !$0.isBinary }.map(\.frame))
            == EnginePayload.body(packets.filter { !$0.isBinary }), "frames are other packets")
    read(packets.filter { $0.kind == .message })
}

/// Texts with line feeds between them. One that begins with a bell is an attachment.
private func readTexts(_ bytes: ByteBuffer) {
    let bell: UInt8 = 7
    read(
        bytes.readableBytesView.split(separator: UInt8(ascii: "\n")).map { line in
            line.first == bell ? .binary(ByteBuffer(line.dropFirst())) : .message(ByteBuffer(line))
        })
}

private func read(_ messages: [EnginePacket]) {
    var assembler = PacketAssembler(limit: 256)
    for message in messages {
        do throws(MalformedPacket) {
            let packet =
                message.isBinary
                ? try assembler.take(binary: message.payload) : try assembler.take(text: message.payload)
            if let packet { check(packet) }
        } catch {
            require(error.message.utf8.count < 256, "a mistake of \(error.message.utf8.count) bytes")
            return
        }
    }
}

private func check(_ packet: SocketPacket) {
    require(packet.attachments.reduce(0) { $0 + $1.readableBytes } <= 256, "the attachments are too large")
    var again = PacketAssembler(limit: 256)
    var read: SocketPacket?
    for part in packet.enginePackets {
        read = part.isBinary ? try? again.take(binary: part.payload) : try? again.take(text: part.payload)
    }
    require(read == packet, "\(packet) is read otherwise than it was written")
}
