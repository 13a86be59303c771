import DequeModule
import NIOCore
import TallywireEngine

/// What a connection has still to be sent that reads more slowly than events come.
///
/// Of a variant's changes only the newest waits, and says how many were merged into it. Alerts, changes of status, and changes into and out
/// of stock all wait, in their places. So it grows with the variants that change and not with the events, and everything goes out in the
/// order of `seq`.
struct Backlog {
    private struct Entry {
        let json: [UInt8]
        let seq: UInt64
        let variant: Int64?
        var merged = 0
        /// The first event that it stands for.
        let first: UInt64
    }

    /// `nil` where an entry was merged into a later one.
    private var entries: Deque<Entry?> = []
    /// How many entries were taken out at the front.
    private var offset = 0
    /// Where each variant's mergeable entry stands, counted from the first that ever was.
    private var places: [Int64: Int] = [:]
    private var holes = 0
    /// Everything up to this event was sent before the first that waits.
    let position: UInt64

    init(after position: UInt64) {
        self.position = position
    }

    /// Bytes of the entries that nothing is merged into.
    private(set) var unmergeableBytes = 0

    /// What one entry costs beside its JSON.
    static let overhead = 96

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count - holes }
    /// What it costs beside the events' JSON, which those who are behind share.
    var indexBytes: Int { count * Self.overhead }

    /// Takes an event; says whether an earlier one was merged into it.
    mutating func add(_ json: [UInt8], _ record: Pass.Record) -> Bool {
        guard record.isMergeable, let variant = record.variant else {
            entries.append(Entry(json: json, seq: record.seq, variant: nil, first: record.seq))
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
        entries.append(Entry(json: json, seq: record.seq, variant: variant, merged: merged, first: first))
        if holes > 64, holes * 2 > entries.count { closeHoles() }
        return merged > 0
    }

    /// The frames of what is next, about so many bytes, and how many events they are.
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
            if entry.merged == 0 {
                frames.writeTextFrame(entry.json)
            } else {
                frames.writeTextFrame(Self.conflated(entry.json, entry.merged))
            }
        }
        return events == 0 ? nil : (frames, events)
    }

    /// What of the journal was not sent because it waits here; `nil` if nothing does.
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

    /// An event's JSON with `"conflated":n` behind its `seq`, which is its second member.
    private static func conflated(_ json: [UInt8], _ merged: Int) -> [UInt8] {
        let place = json.withUnsafeBufferPointer { bytes in
            var members = JSONMembers(bytes, objectAt: 0)
            while let (key, value) = members.next() {
                if bytes.holds("seq", at: key) { return value.upperBound }
            }
            return 1
        }
        var result = json
        result.insert(contentsOf: ",\"conflated\":\(merged)".utf8, at: place)
        return result
    }
}

/// Which events a connection was not sent, of which a ``Backlog`` was to send the rest, merged.
///
/// Everything before one event was sent, but for mergeable events of some variants that had been merged into a later one.
struct Unsent {
    /// From this event on nothing was sent.
    let before: UInt64
    /// The first event of each variant whose merged events are older than ``before``.
    var firsts: [Int64: UInt64] = [:]

    init(before: UInt64) { self.before = before }

    /// Everything up to here was sent without exception.
    var start: UInt64 { min(before, firsts.values.min() ?? .max) - 1 }

    /// Whether an event before ``before`` was not sent all the same.
    func holds(_ record: Pass.Record) -> Bool {
        guard record.isMergeable, record.seq < before, let first = record.variant.flatMap({ firsts[$0] }) else { return false }
        return first <= record.seq
    }
}
