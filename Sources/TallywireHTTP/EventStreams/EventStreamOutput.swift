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

    /// What was written since the last call.
    mutating func take() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// An event. Its JSON is one line, as a `data` field needs it.
    mutating func event(_ event: EventEnvelope) {
        id(event.seq)
        buffer.writeString("event: ")
        buffer.writeString(event.type.rawValue)
        buffer.writeString("\ndata: ")
        buffer.writeBytes(event.json)
        buffer.writeString("\n\n")
    }

    /// Says that the client cannot go on from where it was: it has to read anew what it shows, and goes on after `seq`.
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

    /// Moves the client's position and gives it nothing else: a block without data is no event.
    mutating func position(_ seq: UInt64) {
        id(seq)
        buffer.writeString("\n")
    }

    /// A comment, so that what lies in between does not take the connection for dead.
    mutating func heartbeat() {
        buffer.writeString(": still here\n\n")
    }

    /// Says when the client shall come back after it has lost the connection.
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
