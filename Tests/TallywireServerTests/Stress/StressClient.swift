import TallywireTesting

/// A client of a room that keeps a copy of it over any number of connections.
struct StressClient: Sendable {
    let port: Int
    let room: String
    private(set) var copy: RoomCopy
    private var connection: WebSocketClient?
    private var random: SplitMix

    init(port: Int, room: String, seed: UInt64, copy: RoomCopy = RoomCopy()) {
        self.port = port
        self.room = room
        self.copy = copy
        random = SplitMix(state: seed)
    }

    /// Connects: for the values the first time, then from where it was.
    mutating func connect() async throws {
        copy.reconnect()
        let start = copy.position > 0 ? "since=\(copy.epoch):\(copy.position)" : "snapshot=true"
        connection = try await .connect(port: port, "/ws?room=\(room)&\(start)")
    }

    /// Reads until everything up to `head` is there.
    mutating func catchUp(to head: UInt64) async throws {
        while !copy.isComplete(upTo: head) { try await receive() }
    }

    /// Reads nothing until `wakeUp` returns.
    mutating func sleep(until wakeUp: () async throws -> Void) async throws {
        try await connection?.setReading(false)
        try await wakeUp()
        try await connection?.setReading(true)
    }

    /// Goes away in one of the ways in which clients do.
    mutating func disconnect() async throws {
        switch random.next() % 3 {
        case 0: await connection?.disconnect()
        case 1:
            try? await connection?.sendClose(1000)
            await connection?.disconnect()
        default:
            // It loses its network in the middle of a frame.
            try? await connection?.send(raw: [0x81, 0xFE, 0x10])
            await connection?.disconnect()
        }
        connection = nil
    }

    /// A number below `bound`.
    mutating func chance(_ bound: UInt64) -> Int { Int(random.next() % bound) }

    @discardableResult private mutating func receive() async throws -> ServerText {
        guard let connection else { throw NeverHappened(description: "a client without a connection read") }
        let text = ServerText(try await connection.nextText(within: .seconds(60)))
        copy.take(text)
        return text
    }
}
