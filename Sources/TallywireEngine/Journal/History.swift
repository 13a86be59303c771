import TallywireCore

/// Which events to read from the newest backwards.
public struct HistoryQuery: Equatable, Sendable {
    /// Only what concerns this variant itself, back to its creation: an older one may have had its id. `nil` for all events.
    public var variant: VariantID?
    /// Only these types; `nil` for all.
    public var types: Set<EventType>?
    /// Only events before this one; `nil` begins with the last one.
    public var before: UInt64?
    /// Only events after this one.
    public var after: UInt64
    /// Only events that bear these times. The machine's clock gave them theirs, which falls where it was set back.
    public var from: Timestamp?
    public var until: Timestamp?
    /// Events of a page.
    public var limit: Int
    /// JSON of a page in bytes, beyond its first event.
    public var maxBytes: Int
    /// Events that are looked at for a page, since filters may pass over any number of them.
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

/// Events from the newer to the older.
public struct HistoryPage: Sendable {
    public var events: [EventEnvelope] = []
    /// The ``HistoryQuery/before`` of the next page, `nil` when there is nothing older that fits. A page may be empty and not the last.
    public var next: UInt64?

    public init(events: [EventEnvelope] = [], next: UInt64? = nil) {
        self.events = events
        self.next = next
    }
}

/// Gathers a page: says of each event, from the newer to the older, whether it belongs there and whether to read on.
///
/// The rules are here so that all journals have the same.
public struct HistoryPageBuilder: Sendable {
    private let query: HistoryQuery
    public private(set) var page = HistoryPage()
    /// Events that were looked at.
    private var looked = 0
    private var bytes = 0

    public init(_ query: HistoryQuery) { self.query = query }

    /// How many events may be looked at still.
    public var budget: Int { query.scan - looked }

    /// Whether there is nothing older that fits.
    public private(set) var isAtEnd = false
    /// Whether the event that was looked at last bears a time before ``HistoryQuery/from``: so do those before it, back to where the clock was
    /// set back.
    public private(set) var isTooOld = false
    /// Whether the page is complete.
    public var isFull: Bool { isAtEnd || page.next != nil }

    /// Looks at an event, which is older than all before. Not once the page is full. An event that cannot be read throws.
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

    /// Passes over `count` events that are not wanted, the last of which is `seq`.
    public mutating func pass(_ count: Int, downTo seq: UInt64) {
        looked += count
        if looked >= query.scan { page.next = seq }
    }

    /// Ends the page, which may go on before `seq`.
    public mutating func stop(before seq: UInt64) { page.next = seq }

    /// There is nothing older.
    public mutating func end() { isAtEnd = true }
}

extension EventEnvelope {
    /// Whether it is the creation of `variant`.
    fileprivate func creates(_ variant: VariantID) throws -> Bool {
        guard type == .catalogueChanged, subject.variant == variant, case .catalogueChanged(let change) = try event().body else {
            return false
        }
        return change.change == .created
    }
}
