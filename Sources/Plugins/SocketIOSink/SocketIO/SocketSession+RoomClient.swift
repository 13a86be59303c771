import NIOCore
import RoomHub
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// What the hub says to a client, in the form of Socket.IO.
extension SocketSession: RoomClient {
    var isWritable: Bool { link?.isWritable ?? false }

    func send(pieces: [ByteBuffer]) -> Bool { link?.send(frames: pieces) ?? false }

    func send(_ message: ServerMessage) {
        switch message {
        // Rooms that a client joins are acknowledged where it asks for them.
        case .joined("", _, _, let recovered): returned(recovered: recovered == true)
        case .left(let room, let code?): send(.event("left", [["room": .string(room), "code": .string(code)]]))
        default: break
        }
    }

    /// `42["snapshot",{"room":…,"seq":…,"items":[…],"last":…}]`, with the client's new offset in the last page.
    func send(_ page: ItemsPage, items: [ByteBuffer], isLast: Bool) -> Int? {
        guard let loop, let shard = server.hub.shard(of: loop) else { return nil }
        let head = Array("42[\"snapshot\",{".utf8) + page.opening.dropFirst("{\"type\":\"snapshot\",".utf8.count)
        let offset = JournalPosition(epoch: shard.epoch, seq: page.seq)
        let end = ItemsPage.closing(isLast: isLast) + (isLast ? ",\"\(offset)\"]" : "]")
        let length = head.count + items.reduce(0) { $0 + $1.readableBytes } + end.utf8.count
        var first = ByteBuffer()
        first.writeFrameHeader(.text, length: length)
        first.writeBytes(head)
        return send(pieces: [first] + items + [ByteBuffer(string: end)]) ? length : nil
    }

    func answer(_ error: ClientError) {
        server.hub.metrics.answeredError()
        send(.event("error", [["code": .string(error.code.rawValue), "message": .string(error.message)]]))
    }

    func close(_ code: CloseCode, reason: String) { link?.close(code, reason: reason) }
}
