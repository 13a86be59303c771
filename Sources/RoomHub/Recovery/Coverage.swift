/// Which events of which rooms a connection was sent, so that a replay leaves them out.
///
/// For each room this is a span of `seq`s within which every event of the room was sent. The spans are updated when the connection
/// goes back in the journal. Until then, the connection's rooms cover everything up to its position.
struct Coverage {
    /// From which event on a connection gets the events of a room.
    enum Start: Equatable {
        /// The connection gets no events yet: the room's values come first.
        case later
        /// The connection gets the events after this one.
        case after(UInt64)
    }

    /// Which events of a room a connection was sent.
    struct Span {
        /// `nil` for the events that connections in no room get.
        let room: Room?
        /// The events after `from`, up to and including `to`; `nil` while the connection gets none yet.
        var sent: (from: UInt64, to: UInt64)?

        init(_ room: Room?, _ start: Start) {
            self.room = room
            if case .after(let seq) = start { sent = (seq, seq) }
        }

        func covers(_ seq: UInt64) -> Bool { sent.map { $0.from < seq && seq <= $0.to } ?? false }
    }

    /// How many rooms that the connection has left are remembered.
    static let remembered = 64

    /// The rooms that the connection is in, or the one span for being in no room.
    private(set) var current: [Span] = []
    private(set) var past: [Span] = []
    /// From which event on each tracked item is covered.
    private(set) var tracked: [FollowedRoom: Start] = [:]
    private(set) var trackedTo: UInt64 = 0
    /// Below this `seq` it is no longer known what was sent, so a replay from there is refused.
    private(set) var forgotten: UInt64 = 0
    /// Events that waited in a backlog that was dropped. They are not covered, although later events are.
    private var unsent: Unsent?

    /// Begins a room.
    mutating func begin(_ room: Room?, at start: Start) { current.append(Span(room, start)) }

    /// Begins a room again, from another event.
    mutating func set(_ room: Room?, at start: Start) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        remember(current[index])
        current[index] = Span(room, start)
    }

    /// Ends a room for a connection at `position`.
    mutating func end(_ room: Room?, at position: UInt64) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        var span = current.remove(at: index)
        span.close(at: position)
        remember(span)
    }

    /// Notes what was sent of a room that is left or begins again.
    private mutating func remember(_ span: Span) {
        guard let sent = span.sent, sent.from < sent.to else { return }
        past.append(span)
        if past.count > Self.remembered { forgotten = max(forgotten, past.removeFirst().sent?.to ?? 0) }
    }

    mutating func track(_ items: some Sequence<FollowedRoom>, at start: Start) {
        for item in items { tracked[item] = start }
    }

    mutating func untrack(_ items: some Sequence<FollowedRoom>, at position: UInt64) {
        for item in items {
            if case .after(let from) = tracked.removeValue(forKey: item), from < position { forgotten = max(forgotten, position) }
        }
    }

    /// Notes that everything up to `position` was sent, before the connection goes back.
    mutating func close(at position: UInt64) {
        for index in current.indices { current[index].close(at: position) }
        trackedTo = max(trackedTo, position)
    }

    /// Notes that the events of a dropped backlog were not sent.
    mutating func reopen(_ unsent: Unsent) {
        close(at: unsent.before - 1)
        self.unsent = unsent
    }

    /// Forgets the dropped backlog, since its events were sent from the journal by now.
    mutating func settle() { unsent = nil }

    /// The last event that the values already include, which may be ahead of the passes.
    var end: UInt64 {
        max(current.lazy.compactMap { $0.sent?.to }.max() ?? 0, tracked.values.lazy.compactMap(\.seq).max() ?? 0)
    }

    /// The form in which the connection still needs an event; `nil` if it has the event or does not get it.
    func form(of index: Int, in pass: Pass, directory: RoomDirectory, followed: View) -> Int? {
        let record = pass.records[index]
        func form(_ room: Room?) -> Int? {
            let view: View
            switch room {
            case .named(let place): view = directory.named[place]
            case .followed(let room): view = room.carries(record) ? followed : .nothing
            case nil: view = directory.broadcast
            }
            return view.form(of: record.type).flatMap { pass.form($0).isSeen(index) ? $0 : nil }
        }
        func hasSent(_ span: Span) -> Bool { span.covers(record.seq) && form(span.room) != nil }
        let isUnsent = unsent?.holds(record) ?? false
        if !isUnsent, past.contains(where: hasSent) || current.contains(where: hasSent) { return nil }
        var best: Int?
        for span in current {
            guard let sent = span.sent, record.seq > (isUnsent ? sent.from : sent.to), let form = form(span.room) else { continue }
            best = min(best ?? form, form)
        }
        if !tracked.isEmpty, let form = followed.form(of: record.type), pass.form(form).isSeen(index) {
            let starts = [record.product.map { FollowedRoom.product($0) }, record.variant.map { .variant($0) }]
                .compactMap { $0.flatMap { tracked[$0]?.seq } }
            if !isUnsent, starts.contains(where: { $0 < record.seq && record.seq <= trackedTo }) { return nil }
            if starts.contains(where: { $0 < record.seq }) { best = min(best ?? form, form) }
        }
        return best
    }
}

extension Coverage.Start {
    /// The event after which the connection gets events; `nil` while it gets none.
    var seq: UInt64? { if case .after(let seq) = self { seq } else { nil } }
}

extension Coverage.Span {
    /// Notes that everything up to `position` went out.
    fileprivate mutating func close(at position: UInt64) {
        if let sent { self.sent = (sent.from, max(sent.to, position)) }
    }
}
