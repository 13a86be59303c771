import DequeModule
import NIOCore
import TallywireCore
import TallywireEngine
import WebSocketServer

/// The events that a connection still has to be sent because its client reads more slowly than events come.
///
/// Of a variant's changes only the newest waits, and says how many were merged into it. Alerts, changes of status, and changes into
/// and out of stock all wait, each in its place. So the backlog grows with the variants that change and not with the events.
/// Everything is sent in the order of `seq`.
struct Backlog {
    private struct Entry {
        let json: [UInt8]
        let seq: UInt64
        let type: EventType
        let variant: Int64?
        var merged = 0
        /// The first event that this entry stands for.
        let first: UInt64
    }

    /// `nil` in place of an entry that was merged into a later one.
    private var entries: Deque<Entry?> = []
    /// How many entries were taken from the front.
    private var offset = 0
    /// The index of each variant's mergeable entry, counted from the first entry that ever was.
    private var places: [Int64: Int] = [:]
    private var holes = 0
    /// Everything up to this event was sent before the first entry.
    let position: UInt64
    private let encoding: EventEncoding

    init(after position: UInt64, encoding: EventEncoding = .message) {
        self.position = position
        self.encoding = encoding
    }

    /// The bytes of the entries into which nothing is merged.
    private(set) var unmergeableBytes = 0

    /// What one entry costs in bytes beside its JSON.
    static let overhead = 96

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count - holes }
    /// What the backlog costs in bytes beside the events' JSON, which all backlogs share.
    var indexBytes: Int { count * Self.overhead }

    /// Adds an event. Returns whether an earlier event was merged into it.
    mutating func add(_ json: [UInt8], _ record: Pass.Record) -> Bool {
        guard record.isMergeable, let variant = record.variant else {
            entries.append(Entry(json: json, seq: record.seq, type: record.type, variant: nil, first: record.seq))
            unmergeableBytes += json.count + Self.overhead
            return false
        }
        var merged = 0
        var first = record.seq
        if let place = places[variant], let earlier = entries[place - offset] {
            merged = earlier.merged + 1
            first = earlier.first
            entries[place - offset] = nil
            holes += 1
        }
        places[variant] = offset + entries.count
        entries.append(Entry(json: json, seq: record.seq, type: record.type, variant: variant, merged: merged, first: first))
        if holes > 64, holes * 2 > entries.count { closeHoles() }
        return merged > 0
    }

    /// The frames of the next entries, about so many bytes, and how many events they stand for.
    mutating func next(bytes: Int) -> (frames: ByteBuffer, events: Int)? {
        var frames = ByteBuffer()
        var events = 0
        while frames.readableBytes < bytes, let next = entries.popFirst() {
            offset += 1
            guard let entry = next else {
                holes -= 1
                continue
            }
            events += 1
            if let variant = entry.variant { places[variant] = nil } else { unmergeableBytes -= entry.json.count + Self.overhead }
            frames.writeTextFrame(encoding.payload(entry.json, .init(seq: entry.seq, type: entry.type, merged: entry.merged)))
        }
        return events == 0 ? nil : (frames, events)
    }

    /// Which of the journal's events were not sent because they wait here; `nil` if none do.
    var unsent: Unsent? {
        let waiting = entries.lazy.compactMap(\.self)
        guard let next = waiting.first else { return nil }
        var unsent = Unsent(before: next.seq)
        for entry in waiting where entry.first < next.seq {
            if let variant = entry.variant { unsent.firsts[variant] = entry.first }
        }
        return unsent
    }

    private mutating func closeHoles() {
        entries = Deque(entries.lazy.filter { $0 != nil })
        offset = 0
        holes = 0
        places.removeAll(keepingCapacity: true)
        for (index, entry) in entries.enumerated() { if let variant = entry?.variant { places[variant] = index } }
    }
}

/// The events that a connection was not sent because they waited in a ``Backlog``.
///
/// Everything before one event was sent, except mergeable events of some variants, which had been merged into a later event.
struct Unsent {
    /// From this event on nothing was sent.
    let before: UInt64
    /// For each variant with unsent events before ``before``, the first of them.
    var firsts: [Int64: UInt64] = [:]

    init(before: UInt64) { self.before = before }

    /// Everything up to this event was sent, without exception.
    var start: UInt64 { min(before, firsts.values.min() ?? .max) - 1 }

    /// Whether an event before ``before`` was nevertheless not sent.
    func holds(_ record: Pass.Record) -> Bool {
        guard record.isMergeable, record.seq < before, let first = record.variant.flatMap({ firsts[$0] }) else { return false }
        return first <= record.seq
    }
}
