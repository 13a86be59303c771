import TallywireEngine
import TallywirePipeline

/// What the program of a sink was sent, and what it said of it. The machine decides, and neither waits nor writes.
struct AckMachine: Sendable {
    /// One delivery, from its first event to the last answer.
    private struct Offer {
        let records: [EventEnvelope]
        let isReplay: Bool
        /// How many events were written to the program.
        var sent = 0
        /// How many events, from the first on without a gap, are done with.
        var settled = 0
        /// How many events this delivery is about: those before the one that is to be offered again.
        var end: Int
        var rejected: [Int: String] = [:]
        var pause: Duration?
    }

    /// What became of a delivery.
    struct Ending: Sendable {
        /// Whether the program is done with every event.
        let isWhole: Bool
        /// The last event that it is done with; `nil` if there is none.
        let through: UInt64?
        /// Those of them that it will never take.
        let rejected: [Delivery.Rejected]
        /// How long it wants to be left alone; `nil` if it did not ask for that.
        let pause: Duration?
    }

    /// How many events may be unacknowledged.
    let window: Int
    private(set) var counts = ExecCounts()
    private var offer: Offer?
    private var isGreeted = false
    /// The last event that the program may acknowledge.
    private var limit: UInt64 = 0

    init(window: Int) { self.window = window }

    /// Events that were written and that the program has not answered.
    var inFlight: Int { offer.map { $0.sent - $0.settled } ?? 0 }
    /// Whether the delivery is of events that somebody asked for again.
    var isReplay: Bool { offer?.isReplay ?? false }
    /// Whether the program has to say something: its greeting, or what became of events.
    var isWaiting: Bool { !isGreeted || !isOver }
    /// Whether nothing of the delivery is left to wait for.
    var isOver: Bool { offer.map { $0.settled >= $0.end } ?? true }

    /// Begins a program that has said nothing yet.
    mutating func beginProgram() {
        counts.starts += 1
        isGreeted = false
        limit = 0
    }

    /// Begins a delivery of at least one event.
    mutating func beginDelivery(_ batch: EventBatch) {
        offer = Offer(records: batch.records, isReplay: batch.isReplay, end: batch.records.count)
    }

    /// Ends the delivery, and returns what became of it.
    mutating func endDelivery() -> Ending {
        defer { offer = nil }
        guard let offer else { return Ending(isWhole: true, through: nil, rejected: [], pause: nil) }
        return Ending(
            isWhole: offer.settled == offer.records.count, through: offer.settled > 0 ? offer.records[offer.settled - 1].seq : nil,
            rejected: offer.rejected.filter { $0.key < offer.settled }.sorted { $0.key < $1.key }
                .map { Delivery.Rejected(seq: offer.records[$0.key].seq, reason: $0.value) },
            pause: offer.pause)
    }

    /// Returns the next events to write, of some `size` bytes: none while the window is full.
    mutating func nextEvents(size: Int) -> ArraySlice<EventEnvelope> {
        guard isGreeted, let offer, offer.end == offer.records.count else { return [] }
        let last = min(offer.records.count, offer.settled + window)
        var (end, bytes) = (offer.sent, 0)
        while end < last, bytes < size {
            bytes += offer.records[end].json.count
            end += 1
        }
        let events = offer.records[offer.sent..<end]
        self.offer?.sent = end
        limit = max(limit, events.last?.seq ?? 0)
        return events
    }

    /// Takes a line of the program. Returns whether the program got on with its work.
    mutating func receive(_ line: ProgramLine) throws(ProtocolMistake) -> Bool {
        guard isGreeted || line == .greeting else {
            throw ProtocolMistake("the first line of the program has to be {\"tallywire\":1}")
        }
        switch line {
        case .greeting:
            guard !isGreeted else { throw ProtocolMistake("the program wrote {\"tallywire\":1} twice") }
            isGreeted = true
        case .log: return false
        case .ack(let seq):
            guard seq <= limit else {
                throw ProtocolMistake("the program acknowledged \(seq), and \(limit) is the last event that it may acknowledge now")
            }
            // Behind the newest event that it was sent again, it can only mean what it was sent before.
            if let offer, offer.isReplay, offer.sent == 0 || seq > offer.records[offer.sent - 1].seq { return false }
            return settle { $0.records[$0.settled].seq <= seq }
        case .reject(let seq, let reason):
            let index = try index(of: seq, "rejected")
            offer?.rejected[index] = reason
            _ = settle { $0.rejected[$0.settled] != nil }
        case .retry(let seq, let pause):
            let index = try index(of: seq, "asked again for")
            offer?.end = index
            offer?.pause = pause
            if !isReplay { limit = seq - 1 }
            counts.retries += 1
        }
        return true
    }

    /// Moves on past the events that `isDone` holds for. Returns whether there was one.
    private mutating func settle(_ isDone: (Offer) -> Bool) -> Bool {
        guard var offer else { return false }
        self.offer = nil
        let before = offer.settled
        while offer.settled < min(offer.sent, offer.end), isDone(offer) {
            if offer.rejected[offer.settled] == nil { counts.acknowledged += 1 } else { counts.rejected += 1 }
            offer.settled += 1
        }
        // What was rejected ahead of its turn.
        while offer.settled < min(offer.sent, offer.end), offer.rejected[offer.settled] != nil {
            counts.rejected += 1
            offer.settled += 1
        }
        self.offer = offer
        return offer.settled > before
    }

    /// The index of an event that waits for an answer.
    private func index(of seq: UInt64, _ what: String) throws(ProtocolMistake) -> Int {
        guard let offer,
            let index = offer.records[offer.settled..<min(offer.sent, offer.end)].firstIndex(where: { $0.seq == seq })
        else { throw ProtocolMistake("the program \(what) \(seq), which is no event that waits for its answer") }
        return index
    }
}
