import TallywireAccess
import TallywireConfiguration
import TallywireCore
import WebSocketServer

/// What a ``WebSocketSink`` serves, to whom, and within which limits.
public struct WebSocketConfiguration: Equatable, Sendable {
    /// The path on the HTTP port to which clients connect.
    public var path: String = "/ws"
    /// The rooms that have a name, in the order of plugins.json. Rooms such as `product:1` exist without configuration.
    public var rooms: [Room] = Self.standardRooms
    /// The types that a connection gets while it is in no room, and that rooms such as `product:1` carry.
    public var broadcast: [EventType] = [.inventoryUpdated, .productStatusChanged]
    /// The members and the bands of these events; see ``Room/fields`` and ``Room/bands``. In rooms such as `product:1` the role
    /// `admin` gets everything.
    public var broadcastFields: [String]?
    public var broadcastBands: [Int64]?
    /// What one connection may use, and all connections together.
    public var limits = Limits()
    /// How often each client is pinged.
    public var pingInterval: Duration = .seconds(25)
    /// A client that was silent for this long is taken to be gone; `nil` is twice ``pingInterval``.
    public var idleTimeout: Duration?
    /// At shutdown the server closes its connections one after the other over this time, so that the clients do not all come back
    /// at once.
    public var drain: Duration = .seconds(1)
    /// At shutdown each client is told a random reconnect delay of at most this.
    public var returnWithin: Duration = .seconds(5)
    /// The path of an endpoint that sends every message back, for conformance suites; `nil` for none.
    public var echo: String?

    public init() {}

    /// A room and the types that it carries.
    public struct Room: Equatable, Sendable {
        public var name: String
        public var events: [EventType]
        /// The role that a client needs; `nil` admits every client, with or without a token. On an open server every client has
        /// every role.
        public var role: Role?
        /// The members of `data` that are sent, `nil` for all. `productId`, `variantId` and `version` are always sent.
        public var fields: [String]?
        /// Stock in bands instead of units, given by their upper edges, which ascend. With `[0, 5]`, stock up to 0 is `out`, up to
        /// 5 `few`, and more is `in stock`. Members that would reveal the units are left out, and a change within a band is not
        /// sent.
        public var bands: [Int64]?
        public var rules: Rules

        public init(
            name: String, events: [EventType], role: Role? = nil, fields: [String]? = nil, bands: [Int64]? = nil,
            rules: Rules = Rules()
        ) {
            self.name = name
            self.events = events
            self.role = role
            self.fields = fields
            self.bands = bands
            self.rules = rules
        }

        var audience: Audience { Audience(fields: fields, bands: bands) }
    }

    /// How a room treats clients that were away.
    public struct Rules: Equatable, Sendable {
        /// Whether clients get values: when they ask for them, and when they were away for too long. Otherwise those clients get
        /// only the events from now on.
        public var snapshot = true
        /// A client that missed more of the journal's events than this gets the values that changed instead of the events.
        public var replay = 10_000

        public init() {}
    }

    /// The limits of a sink. Each protects the memory of the server from its clients.
    public struct Limits: Equatable, Sendable {
        /// The most bytes in one message from a client, in any number of fragments. A larger message closes the connection with
        /// 1009.
        public var message = 64 * 1024
        /// The most rooms that one connection may be in at once.
        public var roomsPerConnection = 100
        /// The most connections at once. Further ones are refused with 503.
        public var connections = 20_000
        /// The most products and variants that one connection may track.
        public var trackedPerConnection = 5_000
        /// The most variants in one snapshot.
        public var snapshotItems = 200_000
        /// The most bytes that may wait for one client to read: of events that cannot be merged, and likewise of replies. More
        /// bytes close the connection with 4008.
        public var buffer = 1024 * 1024
        /// The rate of messages from one client. Messages above the rate are refused with `rate_limited`.
        public var messages = Rate(perSecond: 100, burst: 1_000)
        /// How many errors in a row are answered. The next one closes the connection with 1008.
        public var errorsPerConnection = 20

        public init() {}
    }

    /// The rooms of a configuration that names none.
    public static let standardRooms = [
        Room(name: "admin_room", events: EventType.allCases.filter { $0 != .catalogueChanged }, role: .admin),
        Room(name: "ecommerce_room", events: EventType.allCases.filter { $0.leastRole == .shop }),
        journalRoom,
    ]

    /// Every event, for the role `admin`. This room exists without being configured, so that the admin page needs no configuration.
    public static let journalRoom = Room(name: "journal", events: EventType.allCases, role: .admin)

    static let pingIntervalRange: ClosedRange<Duration> = .milliseconds(20) ... .seconds(3600)
    static let drainRange: ClosedRange<Duration> = .zero ... .seconds(60)
    static let returnWithinRange: ClosedRange<Duration> = .zero ... .seconds(600)

    var broadcastAudience: Audience { Audience(fields: broadcastFields, bands: broadcastBands) }

    /// How long a client may be silent before it is taken to be gone.
    var silence: Duration { idleTimeout ?? pingInterval * 2 }

    var times: ConnectionLoop.Times {
        ConnectionLoop.Times(pingInterval: pingInterval, silence: silence, drain: drain, returnWithin: returnWithin)
    }
}

extension WebSocketConfiguration {
    /// How many different audiences events are encoded for.
    var distinctAudiences: Int {
        var audiences: [Audience] = [.everybody]
        for audience in rooms.map(\.audience) + [broadcastAudience] where !audiences.contains(audience) {
            audiences.append(audience)
        }
        return audiences.count
    }

    /// Checks the rules that the types do not express.
    public func validate() throws(OptionError) {
        try Self.check(path: path, "path")
        if let echo { try Self.check(path: echo, "echo") }
        guard path != echo else { throw OptionError("echo", message: "path and echo are both “\(path)”") }
        guard rooms.count <= 1_000 else { throw OptionError("rooms", message: "there are more than 1000 rooms") }
        guard distinctAudiences <= View.mostForms else {
            throw OptionError(
                "rooms",
                message: "fields and stock show events in \(distinctAudiences) ways; at most \(View.mostForms) are possible")
        }
        for (index, room) in rooms.enumerated() {
            if let mistake = Self.mistake(inRoomName: room.name) { throw OptionError("rooms", room.name, message: mistake) }
            guard !rooms[..<index].contains(where: { $0.name == room.name }) else {
                throw OptionError("rooms", room.name, message: "the room “\(room.name)” is there twice")
            }
        }
        try checkAudiences()
        for option in Limits.options {
            try Self.check(["limits", option.name], limits[keyPath: option.value], option.range, option.text)
        }
        try Self.check(["drain"], drain, Self.drainRange, \.configurationText)
        try Self.check(["returnWithin"], returnWithin, Self.returnWithinRange, \.configurationText)
        try Self.check(["pingInterval"], pingInterval, Self.pingIntervalRange, \.configurationText)
        guard silence > pingInterval else {
            throw OptionError("idleTimeout", message: "idleTimeout is longer than pingInterval, or nobody could answer in time")
        }
    }

    private func checkAudiences() throws(OptionError) {
        for room in rooms {
            if let mistake = Self.mistake(inBands: room.bands, fields: room.fields) {
                throw OptionError("rooms", room.name, message: mistake)
            }
        }
        if let mistake = Self.mistake(inBands: broadcastBands, fields: broadcastFields) {
            throw OptionError("broadcast", message: mistake)
        }
        // A room that hides what broadcast sends to every client hides nothing.
        if broadcastAudience.seesAll, let room = rooms.first(where: { !$0.audience.seesAll && $0.role == nil }) {
            throw OptionError(
                "rooms", room.name,
                message:
                    "“\(room.name)” leaves out what broadcast sends to everybody: give broadcast “fields” and “stock” too, as an object"
            )
        }
    }

    private static func mistake(inBands bands: [Int64]?, fields: [String]?) -> String? {
        guard let bands else { return nil }
        guard !bands.isEmpty, zip(bands, bands.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return "bands are upper edges that ascend"
        }
        let telling = (fields ?? []).filter { StockBands.telling.contains($0) }
        return telling.isEmpty ? nil : "with bands, “\(telling[0])” would tell the stock: leave it out of fields"
    }

    /// What is wrong with the name of a room; `nil` if nothing is.
    static func mistake(inRoomName name: String) -> String? {
        guard (1...64).contains(name.unicodeScalars.count), name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            return "the name of a room has 1 to 64 characters and no control characters"
        }
        guard FollowedRoom.isReserved(name) else { return nil }
        return "“\(name)” would hide the rooms \(FollowedRoom.forms), which are there without being named"
    }

    static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && !text.contains("?") && !text.contains("#")
    }

    private static func check(path: String, _ option: String) throws(OptionError) {
        guard isPath(path) else { throw OptionError(option, message: "a path begins with / and has no query") }
    }

    private static func check<Value>(
        _ path: [String], _ value: Value, _ range: ClosedRange<Value>, _ text: (Value) -> String
    ) throws(OptionError) {
        guard range.contains(value) else {
            throw OptionError(
                path: path, message: "\(path.last ?? "") is from \(text(range.lowerBound)) to \(text(range.upperBound))")
        }
    }
}
