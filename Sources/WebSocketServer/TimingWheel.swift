/// Says which connections are due at which tick: a ring of slots, one for each tick.
///
/// A timer for each connection would mean a heap of ten thousand timers. Checking all connections every second would mostly be in
/// vain. Here a connection is checked when it is due, and a tick costs only as much as there are connections due.
struct TimingWheel {
    /// The number of slots. A connection can be scheduled at most one tick less ahead; for a longer time it is checked in between.
    static let slots = 64

    private var ring: [[WebSocketConnection]] = Array(repeating: [], count: slots)
    private var current = 0

    /// Schedules the connection after so many ticks, instead of when it was scheduled before.
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

    /// Advances by a tick. Returns the connections that are due.
    mutating func advance() -> [WebSocketConnection] {
        current = (current + 1) % Self.slots
        let due = ring[current]
        ring[current] = []
        for connection in due { connection.wheelPlace = nil }
        return due
    }
}
