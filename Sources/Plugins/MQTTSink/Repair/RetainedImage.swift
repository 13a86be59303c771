import Mosquitto

/// What a broker retains under the display topics: of each topic a mark of its payload, not the payload.
struct RetainedImage: Sendable {
    /// The most topics that are kept. Others count as not retained, so they are published and not deleted.
    let limit: Int
    private(set) var marks: [String: DisplayMark] = [:]
    /// Topics over the limit.
    private(set) var unkept = 0

    init(limit: Int) { self.limit = limit }

    var count: Int { marks.count }

    mutating func note(_ message: InboundMessage) {
        guard message.size > 0 else {
            marks[message.topic] = nil
            return
        }
        if marks.count >= limit, marks.index(forKey: message.topic) == nil {
            unkept += 1
            return
        }
        marks[message.topic] = DisplayMark(message.payload)
    }

    /// Whether `topic` retains what `payload` shows. Either way it is accounted for: ``rest`` does not have it any more.
    mutating func take(_ topic: String, showing payload: [UInt8]) -> Bool {
        marks.removeValue(forKey: topic) == DisplayMark(payload)
    }

    /// The topics that nobody took.
    var rest: Dictionary<String, DisplayMark>.Keys { marks.keys }
}
