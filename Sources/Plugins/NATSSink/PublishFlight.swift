import NATS

/// The messages of one delivery on their way: which may be sent next, which the stream has, and what went wrong first.
///
/// Each message names the one before it, and the stream refuses a message that does not follow. So after a failure nothing more is
/// sent, and the answers that are still to come are awaited.
struct PublishFlight: Sendable {
    private let count: Int
    private let window: Int
    /// How many messages were sent.
    private(set) var sent = 0
    /// How many messages from the first on the stream has.
    private(set) var delivered = 0
    private(set) var duplicates = 0
    /// The failure of the earliest message that failed.
    private(set) var failure: (index: Int, error: NATSError)?
    /// Answered messages beyond ``delivered``.
    private var ahead: Set<Int> = []
    private var answered = 0

    init(count: Int, window: Int) {
        self.count = count
        self.window = window
    }

    /// How many messages were sent and are not answered.
    var inFlight: Int { sent - answered }

    /// Whether nothing more is sent or answered.
    var isOver: Bool { inFlight == 0 && (failure != nil || sent == count) }

    /// The next message to send; `nil` while the window is full, or if there is none.
    mutating func next() -> Int? {
        guard failure == nil, sent < count, inFlight < window else { return nil }
        defer { sent += 1 }
        return sent
    }

    mutating func take(_ answer: NATSAnswer) {
        answered += 1
        switch answer.result {
        case .success(let acknowledgement):
            if acknowledgement.isDuplicate { duplicates += 1 }
            ahead.insert(answer.token)
            while ahead.remove(delivered) != nil { delivered += 1 }
        case .failure(let error):
            if failure.map({ answer.token < $0.index }) ?? true { failure = (answer.token, error) }
        }
    }
}
