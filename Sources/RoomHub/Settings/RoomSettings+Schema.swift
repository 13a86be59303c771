import TallywireAccess
import TallywireConfiguration
import TallywireCore

/// The options of plugins.json that every sink with rooms has.
extension RoomSettings {
    /// `rooms`.
    package static let roomsOption = OptionSchema.Option.optional(
        "rooms", .map(.object(room), key: roomName), default: standardRoomsOption,
        "The rooms by their names. Rooms such as product:ID, variant:ID, location:CODE and reservation:ID need not be named.",
        isEndpoint: true)

    /// `broadcast`, with what a client gets of it.
    package static func broadcastOption(_ summary: String) -> OptionSchema.Option {
        .optional(
            "broadcast", .oneOf([.list(.eventType), .object(broadcastSchema)]), default: types(RoomSettings().broadcast), summary)
    }

    /// `limits`, without those of the given names.
    package static func limitsOption(without names: Set<String> = []) -> OptionSchema.Option {
        .optional(
            "limits", .object(OptionSchema(Limits.options.filter { !names.contains($0.name) }.map(\.schema))), default: [:],
            "What one client, and all together, may use.")
    }

    /// The default rooms, as a file would list them. The journal's room exists without being named.
    private static let standardRoomsOption = ConfigurationValue(
        .object(
            standardRooms.filter { $0 != journalRoom }.map { room in
                let role = room.role.map { ConfigurationValue.Member("role", .init(.string($0.rawValue))) }
                return .init(room.name, .init(.object([.init("events", types(room.events))] + [role].compactMap(\.self))))
            }))

    private static func types(_ types: [EventType]) -> ConfigurationValue {
        ConfigurationValue(.list(types.map { ConfigurationValue(.string($0.rawValue)) }))
    }

    private static let room: OptionSchema = [
        .required("events", .list(.eventType), "The types of event that it carries."),
        .optional("role", .choice(Role.allCases.map(\.rawValue)), "The role that a client needs, unless the server is open."),
        fields, stock,
        .optional(
            "snapshot", .bool, default: ConfigurationValue(.bool(Rules().snapshot)),
            "Whether clients get the current values: when they ask for them, and when they were away for too long."),
        .optional(
            "replay", .integer(0...10_000_000), default: ConfigurationValue(.integer(Rules().replay)),
            "A client that missed more events than this gets the values that changed instead of the events."),
    ]

    private static let broadcastSchema: OptionSchema = [
        .required("events", .list(.eventType), "The types of event."), fields, stock,
    ]

    private static let fields = OptionSchema.Option.optional(
        "fields", .list(.choice(EventFields.names)),
        "The members of an event's data that are sent, all unless set. productId, variantId and version always are.")

    private static let stock = OptionSchema.Option.optional(
        "stock", .oneOf([.choice(["exact"]), .object(bands)]), default: "exact",
        "Whether stock is sent in units or in bands.")

    private static let bands: OptionSchema = [
        .required(
            "bands", .list(.integer(0...1_000_000_000), count: 1...16),
            "The bands' upper edges, which ascend: of [0, 5], up to 0 is out, up to 5 is few, more is in stock. A change within a band is not sent."
        )
    ]

    private static let roomName = TextRule(
        "the name of a room (1 to 64 characters)", mistake: { RoomSettings.mistake(inRoomName: $0) })
}

extension TextRule {
    /// A path of the HTTP port.
    package static let endpointPath = TextRule(
        "a path that begins with / and has no query", pattern: "^/[^?#]*$",
        isKept: { $0.hasPrefix("/") && !$0.contains("?") && !$0.contains("#") })
}

extension RoomSettings: Decodable {
    private enum Key: String, CodingKey { case rooms, broadcast, limits }

    /// Reads the options as the schema leaves them: every option is there.
    public init(from decoder: any Decoder) throws {
        self.init()
        let options = try decoder.container(keyedBy: Key.self)
        rooms = try options.decode([String: RoomOption].self, forKey: .rooms).sorted { $0.key < $1.key }.map { name, room in
            var rules = Rules()
            rules.snapshot = room.snapshot
            rules.replay = room.replay
            return Room(
                name: name, events: room.events, role: room.role, fields: room.fields, bands: room.stock.bands, rules: rules)
        }
        if !rooms.contains(where: { $0.name == Self.journalRoom.name }) { rooms.append(Self.journalRoom) }
        let broadcast = try options.decode(Broadcast.self, forKey: .broadcast)
        self.broadcast = broadcast.events
        broadcastFields = broadcast.fields
        broadcastBands = broadcast.stock.bands
        limits = try options.decode(Limits.self, forKey: .limits)
    }
}

/// A room as plugins.json has it.
private struct RoomOption: Decodable {
    var events: [EventType]
    var role: Role?
    var fields: [String]?
    var stock: Stock
    var snapshot: Bool
    var replay: Int
}

/// `"exact"` or `{"bands": […]}`.
private struct Stock: Decodable {
    let bands: [Int64]?

    private enum Key: String, CodingKey { case bands }

    static let exact = Stock(bands: nil)

    private init(bands: [Int64]?) { self.bands = bands }

    init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: Key.self)
        bands = try container?.decode([Int64].self, forKey: .bands)
    }
}

/// A list of types, or an object with them.
private struct Broadcast: Decodable {
    let events: [EventType]
    let fields: [String]?
    let stock: Stock

    private enum Key: String, CodingKey { case events, fields, stock }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            events = try container.decode([EventType].self, forKey: .events)
            fields = try container.decodeIfPresent([String].self, forKey: .fields)
            stock = try container.decode(Stock.self, forKey: .stock)
        } else {
            events = try decoder.singleValueContainer().decode([EventType].self)
            fields = nil
            stock = .exact
        }
    }
}
