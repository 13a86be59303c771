import NIOCore
import TallywireCore
import TallywireProtocol

@testable import RoomHub
@testable import WebSocketServer
@testable import WebSocketSink

/// What a client sends: frames, whole and in pieces, the messages in them, and the query of its handshake.
@Sendable func readWebSocket(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let rest = Array(bytes.dropFirst())
    switch kind {
    case UInt8(ascii: "m"): readMessage(rest)
    case UInt8(ascii: "q"): readQuery(String(decoding: rest, as: UTF8.self))
    default: readFrames(rest)
    }
}

private func readFrames(_ bytes: [UInt8]) {
    let whole = messages(of: [bytes])
    // However the network cuts it, the same comes.
    let size = Int(bytes.first ?? 0) % 7 + 1
    let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    require(messages(of: pieces) == whole, "frames in pieces of \(size) are others")
    for message in whole {
        switch message {
        case .text(let text): readMessage(Array(text.readableBytesView))
        case .close(let payload): _ = CloseRequest(payload)
        case .binary, .ping, .pong: break
        }
    }
}

private func messages(of pieces: [[UInt8]]) -> [MessageReader.Message] {
    var reader = MessageReader(message: 4_096, fragments: 16)
    var messages: [MessageReader.Message] = []
    for piece in pieces {
        var octets = ByteBuffer(bytes: piece)
        do throws(FrameViolation) {
            while let message = try reader.next(from: &octets) { messages.append(message) }
        } catch {
            _ = error.closeCode
        }
        require(reader.held <= 2 * 4_096 + 256, "\(reader.held) bytes are held")
    }
    return messages
}

private func readMessage(_ bytes: [UInt8]) {
    // A client reads anything without a trap, too.
    _ = try? ReceivedMessage(bytes)
    do throws(ClientMessage.Mistake) {
        let message = try ClientMessage(bytes)
        let isReadBack = (try? ClientMessage(message.json)) == message
        switch message {
        case .join(let room, let since, let snapshot):
            // A client gives its position or wants a snapshot.
            require(isReadBack || since != nil && snapshot, "\(message) is written as another message")
            readRoom(room)
            if let since {
                require(JournalPosition("\(since.epoch):\(since.seq)") == since || since.epoch.isEmpty, "\(since)")
            }
        case .leave(let room): readRoom(room)
        case .track(let items), .untrack(let items):
            _ = ServerMessage.untracked(items).json
            var values = TrackingValues(items.rooms)
            while !values.rest.isEmpty { values.takePart() }
        case .ping(let id): _ = ServerMessage.pong(id, seq: 1).json
        case .auth: break
        }
        if case .join = message { return }
        require(isReadBack, "\(message) is written as another message")
    } catch {
        let error = ClientError(error)
        let json = ServerMessage.error(code: error.code.rawValue, message: error.message).json
        require(json.count < 2_048, "an error of \(json.count) bytes")
    }
}

private let directory = RoomDirectory(RoomSettings())

private func readRoom(_ name: String) {
    guard let room = directory.room(named: name) else { return }
    let normal = directory.name(of: room)
    require(directory.room(named: normal) == room, "\(normal) is another room than \(name)")
    require(directory.name(of: room).unicodeScalars.count <= 64, "a name of \(normal.unicodeScalars.count) characters")
}

private func readQuery(_ text: String) {
    let greeting = Greeting(target: "/ws?" + text)
    for room in greeting.rooms { readRoom(room) }
}
