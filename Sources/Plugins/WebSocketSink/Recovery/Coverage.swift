/// Which events of which rooms a connection was sent, so that a replay leaves out what it has.
///
/// For each room it is a span of `seq`s in which whatever the room carried went out. It is brought up to date when a connection goes back in
/// the journal; in between, its rooms cover everything up to where it stands.
struct Coverage {
    /// The events after `from`, up to and with `to`.
    struct Span {
        /// `nil` for what those get who are in no room.
        let room: Room?
        var from: UInt64
        var to: UInt64
    }

    /// Of rooms that were left, so many are remembered.
    static let remembered = 64

    /// The rooms that the connection is in, or the one span of being in none.
    private(set) var current: [Span] = []
    private(set) var past: [Span] = []
    /// From where on each tracked item is covered.
    private(set) var tracked: [FollowedRoom: UInt64] = [:]
    private(set) var trackedTo: UInt64 = 0
    /// Up to here the connection may have been sent more than is remembered.
    private(set) var forgotten: UInt64 = 0
    /// What waited and was let go: it is not covered, although later events are.
    private var unsent: Unsent?

    /// Begins the room at `seq`: later events are wanted. `.max` wants none until ``set(_:at:)``.
    mutating func begin(_ room: Room?, at seq: UInt64) {
        current.append(Span(room: room, from: seq, to: seq))
    }

    /// Begins the room anew at `seq`.
    mutating func set(_ room: Room?, at seq: UInt64) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        current[index].from = seq
        current[index].to = seq
    }

    /// Ends the room for a connection that stands at `position`.
    mutating func end(_ room: Room?, at position: UInt64) {
        guard let index = current.firstIndex(where: { $0.room == room }) else { return }
        var span = current.remove(at: index)
        span.to = max(span.to, position)
        guard span.from < span.to, span.from != .max else { return }
        past.append(span)
        if past.count > Self.remembered { forgotten = max(forgotten, past.removeFirst().to) }
    }

    mutating func track(_ items: some Sequence<FollowedRoom>, at seq: UInt64) {
        for item in items { tracked[item] = seq }
    }

    mutating func untrack(_ items: some Sequence<FollowedRoom>, at position: UInt64) {
        for item in items {
            if let from = tracked.removeValue(forKey: item), from < position { forgotten = max(forgotten, position) }
        }
    }

    /// Notes that everything up to `position` went out, before the connection goes back.
    mutating func close(at position: UInt64) {
        for index in current.indices { current[index].to = max(current[index].to, position) }
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
        let spans = current.lazy.map(\.to).filter { $0 != .max }.max() ?? 0
        return max(spans, tracked.values.lazy.filter { $0 != .max }.max() ?? 0)
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
        func hasSent(_ span: Span) -> Bool { span.from < record.seq && record.seq <= span.to && form(span.room) != nil }
        let isUnsent = unsent?.holds(record) ?? false
        if !isUnsent, past.contains(where: hasSent) || current.contains(where: hasSent) { return nil }
        var best: Int?
        for span in current where record.seq > (isUnsent ? span.from : span.to) {
            if let form = form(span.room) { best = min(best ?? form, form) }
        }
        if !tracked.isEmpty, let form = followed.form(of: record.type), pass.form(form).isSeen(index) {
            let starts = [record.product.map { FollowedRoom.product($0) }, record.variant.map { .variant($0) }]
                .compactMap { $0.flatMap { tracked[$0] } }
            if !isUnsent, starts.contains(where: { $0 < record.seq && record.seq <= trackedTo }) { return nil }
            if starts.contains(where: { $0 < record.seq }) { best = min(best ?? form, form) }
        }
        return best
    }
}
