import TallywireCore

/// A committed event as it travels: its JSON, encoded once, and what routing needs to know without reading the JSON.
///
/// An envelope never changes. It is a reference, so that the ring, the sinks and the batches between them share one.
public final class EventEnvelope: Sendable {
    public let seq: UInt64
    public let timestamp: Timestamp
    public let type: EventType
    /// The event's JSON in UTF-8 on one line: the same bytes in the journal, the log and every room.
    public let json: [UInt8]
    /// What the event is about.
    public let subject: Subject
    /// The location of a change of stock, or of a location's alert. An alert of the total is about all locations and names none: its
    /// envelope has the location of the change that led to the alert.
    public let location: String?
    /// The event itself if this process decided it; `nil` if the event was read back from the journal.
    let decided: Event?

    public typealias Subject = Event.Subject

    /// An event that was just decided, with its JSON. `location` is given for an alert of the total only.
    public init(_ event: Event, json: [UInt8], location: String? = nil) {
        self.seq = event.seq
        self.timestamp = event.timestamp
        let body = event.body.content
        self.type = body.type
        self.json = json
        self.subject = body.eventSubject
        self.location = location ?? subject.location
        self.decided = event
    }

    /// An event that was read back from a journal.
    public init(
        seq: UInt64, timestamp: Timestamp, type: EventType, subject: Subject, location: String? = nil, json: [UInt8]
    ) {
        self.seq = seq
        self.timestamp = timestamp
        self.type = type
        self.json = json
        self.subject = subject
        self.location = location ?? subject.location
        self.decided = nil
    }
}

extension EventEnvelope {
    /// What an `inventory_updated` says about the stock before and after it; `nil` for another event. It is that of the event as it was
    /// decided, or read from ``json``.
    public var step: StockStep? {
        guard type == .inventoryUpdated else { return nil }
        guard case .inventoryUpdated(let update)? = decided?.body else { return StockStep(json) }
        return StockStep(before: update.previousStock, after: update.stock, isMovement: update.stockChange != nil)
    }

    /// Whether an alert in JSON is about one location, and not about the total.
    package static func isOfLocation(alert json: [UInt8]) -> Bool {
        json.withUnsafeBufferPointer { bytes in
            guard let data = bytes.dataObject else { return false }
            var members = JSONMembers(bytes, objectAt: data)
            while let (key, value) = members.next() {
                if bytes.holds("scope", at: key) { return bytes.holds("\"location\"", at: value) }
            }
            return false
        }
    }

    /// The operation that caused the event, if its caller named one.
    public var trace: TraceParent? {
        if let decided { return decided.trace }
        // The member stands right before the last one, and both have one length.
        let (before, after) = (Array(#","trace":""#.utf8), #"","timestamp":"2026-11-22T16:40:00.123Z"}}"#.utf8.count)
        let end = json.count - after
        guard end > TraceParent.length, json[..<(end - TraceParent.length)].suffix(before.count).elementsEqual(before) else {
            return nil
        }
        return TraceParent(String(decoding: json[(end - TraceParent.length)..<end], as: UTF8.self))
    }

    /// The value of the member `data` of ``json``; `nil` if a journal damaged the line.
    public var data: ArraySlice<UInt8>? { json.withUnsafeBufferPointer { $0.data }.map { json[$0] } }

    /// The event itself: as decided, or decoded from ``json``. A line that a journal damaged throws `DecodingError`.
    public func event() throws -> Event {
        if let decided { return decided }
        return try Event(json: json, defaultVariant: subject.variant)
    }
}
