import TallywireCore

/// Which events to read, from the newest backwards.
public struct HistoryQuery: Equatable, Sendable {
    /// Only events of this variant, back to its creation, since an older variant may have had the same id. `nil` for all events.
    public var variant: VariantID?
    /// Only these types; `nil` for all.
    public var types: Set<EventType>?
    /// Only events before this one; `nil` begins with the newest event.
    public var before: UInt64?
    /// Only events after this one.
    public var after: UInt64
    /// Only events that bear these times. The machine's clock gave events their times, which fall where that clock was set back.
    public var from: Timestamp?
    public var until: Timestamp?
    /// The most events of a page.
    public var limit: Int
    /// The most JSON of a page in bytes, beyond its first event.
    public var maxBytes: Int
    /// The most events that are looked at for a page, since filters may pass over any number of them.
    public var scan: Int

    public init(
        variant: VariantID? = nil, types: Set<EventType>? = nil, before: UInt64? = nil, after: UInt64 = 0, from: Timestamp? = nil,
        until: Timestamp? = nil, limit: Int, maxBytes: Int = 4 << 20, scan: Int = 20_000
    ) {
        self.variant = variant
        self.types = types
        self.before = before
        self.after = after
        self.from = from
        self.until = until
        self.limit = limit
        self.maxBytes = maxBytes
        self.scan = scan
    }
}

/// Events from the newest to the oldest.
public struct HistoryPage: Sendable {
    public var events: [EventEnvelope] = []
    /// The ``HistoryQuery/before`` of the next page; `nil` when no older event fits. A page may be empty without being the last.
    public var next: UInt64?

    public init(events: [EventEnvelope] = [], next: UInt64? = nil) {
        self.events = events
        self.next = next
    }
}

/// Builds a page. It decides for each event, from the newest to the oldest, whether the event belongs there and whether to read on.
///
/// The rules are here so that all journals apply the same ones.
public struct HistoryPageBuilder: Sendable {
    private let query: HistoryQuery
    public private(set) var page = HistoryPage()
    /// How many events were looked at.
    private var looked = 0
    private var bytes = 0

    public init(_ query: HistoryQuery) { self.query = query }

    /// How many more events may be looked at.
    public var budget: Int { query.scan - looked }

    /// Whether no older event fits.
    public private(set) var isAtEnd = false
    /// Whether the event that was looked at last bears a time before ``HistoryQuery/from``. The events before it do so too, back to
    /// the point where the clock was set back.
    public private(set) var isTooOld = false
    /// Whether the page is complete.
    public var isFull: Bool { isAtEnd || page.next != nil }

    /// Looks at an event, which is older than all before. Not to be called once the page is full. Throws if the event cannot be
    /// read.
    public mutating func look(at event: EventEnvelope) throws {
        looked += 1
        if event.seq <= query.after {
            isAtEnd = true
            return
        }
        isTooOld = query.from.map { event.timestamp < $0 } == true
        let isWanted =
            !isTooOld && (query.variant == nil || event.subject.variant == query.variant)
            && query.types?.contains(event.type) != false
            && query.until.map { event.timestamp <= $0 } != false && query.before.map { event.seq < $0 } != false
        if isWanted {
            page.events.append(event)
            bytes += event.json.count
        }
        if try query.variant.map({ try event.creates($0) }) == true {
            isAtEnd = true
        } else if page.events.count >= query.limit || bytes >= query.maxBytes || looked >= query.scan {
            page.next = event.seq
        }
    }

    /// Passes over `count` events that are not wanted. The last of them is `seq`.
    public mutating func pass(_ count: Int, downTo seq: UInt64) {
        looked += count
        if looked >= query.scan { page.next = seq }
    }

    /// Ends the page. The next page begins before `seq`.
    public mutating func stop(before seq: UInt64) { page.next = seq }

    /// Says that there is no older event.
    public mutating func end() { isAtEnd = true }
}

extension EventEnvelope {
    /// Whether the event is the creation of `variant`.
    fileprivate func creates(_ variant: VariantID) throws -> Bool {
        guard type == .catalogueChanged, subject.variant == variant, case .catalogueChanged(let change) = try event().body else {
            return false
        }
        return change.change == .created
    }
}
