import TallywireAccess
import TallywireConfiguration
import TallywireCore

/// The rooms that a sink serves, to whom, and within which limits.
public struct RoomSettings: Equatable, Sendable {
    /// The rooms that have a name, in the order of plugins.json. Rooms such as `product:1` exist without configuration.
    public var rooms: [Room] = Self.standardRooms
    /// The types that a client gets while it is in no room, and that rooms such as `product:1` carry.
    public var broadcast: [EventType] = [.inventoryUpdated, .productStatusChanged]
    /// The members and the bands of these events; see ``Room/fields`` and ``Room/bands``. In rooms such as `product:1` the role
    /// `admin` gets everything.
    public var broadcastFields: [String]?
    public var broadcastBands: [Int64]?
    /// What one client may use, and all clients together.
    public var limits = Limits()

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

    var broadcastAudience: Audience { Audience(fields: broadcastFields, bands: broadcastBands) }
}
