import NIOCore
import TallywireCore
import TallywireEngine

/// Writes the blocks of a stream of Server-Sent Events.
struct EventStreamOutput {
    private let epoch: String
    private var buffer = ByteBuffer()

    init(epoch: String) {
        self.epoch = epoch
    }

    /// Returns what was written since the last call.
    mutating func take() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// Writes an event. Its JSON is one line, as a `data` field requires.
    mutating func event(_ event: EventEnvelope) {
        id(event.seq)
        buffer.writeString("event: ")
        buffer.writeString(event.type.rawValue)
        buffer.writeString("\ndata: ")
        buffer.writeBytes(event.json)
        buffer.writeString("\n\n")
    }

    /// Writes that the client cannot continue from its position: it has to read its values again, and continues after `seq`.
    mutating func reset(at seq: UInt64) {
        id(seq)
        var json = JSONWriter(capacity: 96)
        json.object { json in
            json.member("epoch", epoch)
            json.member("seq", Int64(seq))
        }
        buffer.writeString("event: reset\ndata: ")
        buffer.writeBytes(json.bytes)
        buffer.writeString("\n\n")
    }

    /// Writes a new position for the client without an event: a block without data is none.
    mutating func position(_ seq: UInt64) {
        id(seq)
        buffer.writeString("\n")
    }

    /// Writes a comment, so that proxies do not take the connection for dead.
    mutating func heartbeat() {
        buffer.writeString(": still here\n\n")
    }

    /// Writes how long the client has to wait before it comes back after a lost connection.
    mutating func retry(after pause: Duration) {
        buffer.writeString("retry: \(pause.wholeMilliseconds)\n\n")
    }

    private mutating func id(_ seq: UInt64) {
        buffer.writeString("id: ")
        buffer.writeString(epoch)
        buffer.writeString(":")
        buffer.writeString(String(seq))
        buffer.writeString("\n")
    }
}
