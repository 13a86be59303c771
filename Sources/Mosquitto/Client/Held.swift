/// Counts the messages that were handed over since the last acknowledgements left.
///
/// libmosquitto can release its queue only as a whole, so the acknowledgements leave when every batch is acknowledged.
struct Held {
    /// The most messages in a batch: few enough that a batch is handled while the next one is read.
    static let batchLimit = 250
    /// The most bytes of payload whose acknowledgements are held. Further messages stay in the socket.
    private static let byteLimit = 8 * 1024 * 1024
    /// The most messages whose acknowledgements are held. The rest of the receive maximum may arrive meanwhile.
    private let limit: Int
    private var messages = 0
    private var bytes = 0
    /// The number of the newest batch.
    private(set) var lastBatch: UInt64 = 0
    /// When the next ping is due.
    var pingAt: ContinuousClock.Instant

    init(receiveMaximum: Int, at now: ContinuousClock.Instant) {
        limit = max(1, receiveMaximum * 3 / 4)
        pingAt = now
    }

    var isEmpty: Bool { messages == 0 }

    /// Whether more may be held, in addition to `messages` of `bytes`.
    func hasRoom(_ messages: Int, _ bytes: Int) -> Bool {
        self.messages + messages < limit && self.bytes + bytes < Self.byteLimit
    }

    /// Adds a batch.
    mutating func add(_ messages: Int, _ bytes: Int) {
        lastBatch += 1
        self.messages += messages
        self.bytes += bytes
    }

    /// Forgets the batches if the newest one is acknowledged, with all before it. Returns whether there were any.
    mutating func letGo(acknowledged: UInt64) -> Bool {
        guard !isEmpty, acknowledged >= lastBatch else { return false }
        messages = 0
        bytes = 0
        return true
    }
}
