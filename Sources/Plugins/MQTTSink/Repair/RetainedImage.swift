import Mosquitto

/// The messages that a broker retains under the display topics: for each topic a mark of its payload, and not the payload.
struct RetainedImage: Sendable {
    /// The most topics that are kept. Further ones count as not retained, so they are published and never deleted.
    let limit: Int
    /// By topic in bytes: for a broker, two spellings of a text that look the same are two topics.
    private var marks: [[UInt8]: DisplayMark] = [:]
    /// How many topics were over the limit.
    private(set) var unkept = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { marks.count }

    mutating func note(_ message: InboundMessage) {
        let topic = Array(message.topic.utf8)
        guard message.size > 0 else {
            marks[topic] = nil
            return
        }
        if marks.count >= limit, marks.index(forKey: topic) == nil {
            unkept += 1
            return
        }
        marks[topic] = DisplayMark(message.payload)
    }

    /// Whether `topic` retains a payload that shows the same as `payload`. In both cases the topic is removed from ``rest``.
    mutating func take(_ topic: String, showing payload: [UInt8]) -> Bool {
        marks.removeValue(forKey: Array(topic.utf8)) == DisplayMark(payload)
    }

    /// The topics that were not taken.
    var rest: [String] { marks.keys.map { String(decoding: $0, as: UTF8.self) } }
}

/// Signals each new connection of a client. Safe from any thread.
final class ConnectionWatch: Sendable {
    /// One element for each new connection. Several connections before the next read count as one. For one reader.
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func note(_ state: MQTTConnectionState) {
        if state.isConnected { continuation.yield() }
    }
}
