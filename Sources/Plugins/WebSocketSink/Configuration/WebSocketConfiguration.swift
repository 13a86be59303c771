import TallywireCore

/// What a ``WebSocketSink`` serves, to whom, and within which limits.
public struct WebSocketConfiguration: Equatable, Sendable {
    /// The path of the HTTP port that clients connect to.
    public var path: String = "/ws"
    /// The rooms that have a name, in the order of plugins.json. Rooms such as `product:1` need none.
    public var rooms: [Room] = Self.standardRooms
    /// The types that a connection gets while it is in no room, and that rooms such as `product:1` carry.
    public var broadcast: [EventType] = [.inventoryUpdated, .productStatusChanged]
    /// What one connection, and all together, may use.
    public var limits = Limits()
    /// How often each client is asked whether it is still there.
    public var pingInterval: Duration = .seconds(25)
    /// A client that was not heard for so long is gone; `nil` is twice ``pingInterval``.
    public var idleTimeout: Duration?
    /// The path of an endpoint that sends every message back, for conformance suites; `nil` for none.
    public var echo: String?

    public init() {}

    /// A room and the types that it carries.
    public struct Room: Equatable, Sendable {
        public var name: String
        public var events: [EventType]
        /// The role that a client needs. It is kept, and asks nothing as long as the server is open to everybody.
        public var role: String?

        public init(name: String, events: [EventType], role: String? = nil) {
            self.name = name
            self.events = events
            self.role = role
        }
    }

    /// The limits of a sink. Each protects the memory of the server from its clients.
    public struct Limits: Equatable, Sendable {
        /// Bytes in one message from a client, in however many fragments. A larger one closes the connection with 1009.
        public var message = 64 * 1024
        /// Rooms that one connection may be in at once.
        public var roomsPerConnection = 100
        /// Connections at once; the next one is refused with 503.
        public var connections = 20_000
        /// Bytes that may wait for one client to read. What comes while more than that waits closes it with 4008.
        public var buffer = 1024 * 1024
        /// Errors in a row that are answered; the next one closes the connection with 1008.
        public var errorsPerConnection = 20

        public init() {}
    }

    /// The rooms of a configuration that names none.
    public static let standardRooms = [
        Room(name: "admin_room", events: [.inventoryUpdated, .stockAlert, .productStatusChanged], role: "admin"),
        Room(name: "ecommerce_room", events: [.inventoryUpdated, .productStatusChanged]),
    ]

    /// How long a client may be silent.
    var silence: Duration { idleTimeout ?? pingInterval * 2 }
}

extension WebSocketConfiguration {
    /// What is wrong with a configuration, in a sentence for whoever wrote it.
    public struct Mistake: Error, Equatable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// Checks what types alone do not say. Throws ``Mistake``.
    public func validate() throws {
        for path in [path, echo].compactMap(\.self) {
            guard path.hasPrefix("/"), !path.contains("?"), !path.contains("#") else {
                throw Mistake("\"\(path)\" is not a path; it begins with / and has no query")
            }
        }
        guard path != echo else { throw Mistake("path and echo are both \"\(path)\"") }
        guard rooms.count <= 1000 else { throw Mistake("there are more than 1000 rooms") }
        for (index, room) in rooms.enumerated() {
            guard (1...64).contains(room.name.count), room.name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else { throw Mistake("\"\(room.name)\" is not a room's name; it has 1 to 64 characters and no control characters") }
            guard !FollowedRoom.isReserved(room.name) else {
                throw Mistake("the room \"\(room.name)\" would hide the rooms \(FollowedRoom.forms), which are there without being named")
            }
            guard !rooms[..<index].contains(where: { $0.name == room.name }) else {
                throw Mistake("the room \"\(room.name)\" is there twice")
            }
        }
        try check("limits.message", limits.message, 128...(16 << 20))
        try check("limits.roomsPerConnection", limits.roomsPerConnection, 1...10_000)
        try check("limits.connections", limits.connections, 1...1_000_000)
        try check("limits.buffer", limits.buffer, 4096...(1 << 30))
        try check("limits.errorsPerConnection", limits.errorsPerConnection, 0...1_000_000)
        guard pingInterval >= .milliseconds(20), pingInterval <= .seconds(3600) else {
            throw Mistake("pingInterval is from 20ms to 1h")
        }
        guard silence > pingInterval else { throw Mistake("idleTimeout is longer than pingInterval") }
    }

    private func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard range.contains(value) else { throw Mistake("\(name) is from \(range.lowerBound) to \(range.upperBound)") }
    }
}
