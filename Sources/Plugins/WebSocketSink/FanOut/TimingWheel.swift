/// Which connections are to be looked at when: a ring of slots, of which each tick takes one.
///
/// A timer for each connection would cost a heap of ten thousand timers, and looking at all connections each second as many looks for
/// nothing. Here a connection is looked at when it is due, and a tick costs what is due.
struct TimingWheel {
    /// Ticks that a connection can be put off at most; for longer it is looked at in between.
    static let slots = 64

    private var ring: [[WebSocketConnection]] = Array(repeating: [], count: slots)
    private var current = 0

    /// Has the connection looked at after so many ticks, instead of when it was to be before.
    mutating func schedule(_ connection: WebSocketConnection, after ticks: Int) {
        remove(connection)
        let slot = (current + min(max(ticks, 1), Self.slots - 1)) % Self.slots
        connection.wheelPlace = (slot, ring[slot].count)
        ring[slot].append(connection)
    }

    mutating func remove(_ connection: WebSocketConnection) {
        guard let place = connection.wheelPlace else { return }
        connection.wheelPlace = nil
        let last = ring[place.slot].removeLast()
        guard last !== connection else { return }
        ring[place.slot][place.index] = last
        last.wheelPlace = place
    }

    /// Goes on by a tick; the connections that are due.
    mutating func advance() -> [WebSocketConnection] {
        current = (current + 1) % Self.slots
        let due = ring[current]
        ring[current] = []
        for connection in due { connection.wheelPlace = nil }
        return due
    }
}
