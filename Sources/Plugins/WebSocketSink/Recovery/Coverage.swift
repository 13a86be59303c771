/// Which events of which rooms a connection was sent, so that a replay leaves out what it has.
///
/// For each room it is a span of `seq`s in which whatever the room carried went out. It is brought up to date when a connection goes back in
/// the journal; in between, its rooms cover everything up to where it stands.
struct Coverage {
    /// From where on a connection gets events.
    enum Start: Equatable {
        /// It gets none yet: its values come first.
        case later
        /// It gets those after this event.
        case after(UInt64)
    }

    /// What a connection was sent of a room.
    struct Span {
        /// `nil` for what those get who are in no room.
        let room: Room?
        /// The events after the first, up to and with the second; `nil` while it gets none yet.
        var sent: (from: UInt64, to: UInt64)?

        init(_ room: Room?, _ start: Start) {
            self.room = room
            if case .after(let seq) = start { sent = (seq, seq) }
        }

        func covers(_ seq: UInt64) -> Bool { sent.map { $0.from < seq && seq <= $0.to } ?? false }
    }

    /// Of rooms that were left, so many are remembered.
    static let remembered = 64

    /// The rooms that the connection is in, or the one span of being in none.
    private(set) var current: [Span] = []
    private(set) var past: [Span] = []
    /// From where on each tracked item is covered.
    private(set) var tracked: [FollowedRoom: Start] = [:]
    private(set) var trackedTo: UInt64 = 0
    /// Up to here the connection may have been sent more than is remembered.
    private(set) var forgotten: UInt64 = 0
    /// What waited and was let go: it is not covered, although later events are.
    private var unsent: Unsent?

    /// Begins a room.
    mutating func begin(_ room: Room?, at start: Start) { current.append(Span(room, start)) }

    /// Begins a room again, from somewhere else.
    mutating func set(_ room: Room?, at start: Start) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        current[index] = Span(room, start)
    }

    /// Ends the room for a connection that stands at `position`.
    mutating func end(_ room: Room?, at position: UInt64) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        var span = current.remove(at: index)
        span.close(at: position)
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

    /// Notes that everything up to `position` went out, before the connection goes back.
    mutating func close(at position: UInt64) {
        for index in current.indices { current[index].close(at: position) }
        trackedTo = max(trackedTo, position)
    }

    /// Notes that what waited will not be sent from where it waited.
    mutating func reopen(_ unsent: Unsent) {
        close(at: unsent.before - 1)
        self.unsent = unsent
    }

    /// Forgets what was let go: it was sent from the journal by now.
    mutating func settle() { unsent = nil }

    /// The last event that is covered by what was read ahead of the journal's passes.
    var end: UInt64 {
        max(current.lazy.compactMap { $0.sent?.to }.max() ?? 0, tracked.values.lazy.compactMap(\.seq).max() ?? 0)
    }

    /// The form in which the connection still needs an event, `nil` if it has it or does not get it.
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
    /// The event after which events come; `nil` while none do.
    var seq: UInt64? { if case .after(let seq) = self { seq } else { nil } }
}

extension Coverage.Span {
    /// Notes that everything up to `position` went out.
    fileprivate mutating func close(at position: UInt64) {
        if let sent { self.sent = (sent.from, max(sent.to, position)) }
    }
}
