import TallywireCore
import TallywirePipeline

/// A room that a client can be in.
enum Room: Hashable, Sendable {
    /// The room at this place in ``WebSocketConfiguration/rooms``.
    case named(Int)
    /// One that is there without being configured.
    case followed(FollowedRoom)
}

/// A room about one thing, which exists for whoever joins it.
enum FollowedRoom: Hashable, Sendable {
    case product(Int64)
    case variant(Int64)
    case location(String)

    /// How the names look, for messages to people.
    static let forms = "product:ID, variant:ID and location:CODE"

    /// Reads `product:1`, `variant:11` or `location:WH1`. Ids are written without sign and leading zeros, so that a room
    /// has one name.
    init?(_ name: some StringProtocol) {
        guard let colon = name.firstIndex(of: ":") else { return nil }
        let value = name[name.index(after: colon)...]
        switch name[..<colon] {
        case "product":
            guard let id = Self.identifier(value) else { return nil }
            self = .product(id)
        case "variant":
            guard let id = Self.identifier(value) else { return nil }
            self = .variant(id)
        case "location":
            guard !value.isEmpty, value.count <= Limits.locationCodeLength else { return nil }
            self = .location(String(value))
        default: return nil
        }
    }

    /// The name that it is joined by.
    var name: String {
        switch self {
        case .product(let id): "product:\(id)"
        case .variant(let id): "variant:\(id)"
        case .location(let code): "location:\(code)"
        }
    }

    /// Whether a name looks like one of these.
    static func isReserved(_ name: String) -> Bool {
        ["product:", "variant:", "location:"].contains { name.hasPrefix($0) }
    }

    private static func identifier(_ text: some StringProtocol) -> Int64? {
        guard let id = Int64(text), id > 0, id <= Limits.largestBalance, String(id) == text else { return nil }
        return id
    }
}

/// The rooms of one sink by their names, and what they carry.
struct RoomDirectory: Sendable {
    /// What the rooms with a name carry, by their place in the configuration.
    let named: [EventTypes]
    /// What a connection in no room gets.
    let broadcast: EventTypes
    /// What rooms such as `product:1` carry for the role `admin`, which everybody has on an open server; others get ``broadcast``.
    let followed: EventTypes
    /// The roles that the rooms with a name ask for, and their names, by their place in the configuration.
    private let roles: [Role?]
    private let names: [String]
    private let places: [String: Int]

    init(_ configuration: WebSocketConfiguration) {
        named = configuration.rooms.map { EventTypes($0.events) }
        broadcast = EventTypes(configuration.broadcast)
        followed = broadcast.union(EventTypes(.stockAlert))
        roles = configuration.rooms.map(\.role)
        names = configuration.rooms.map(\.name)
        places = Dictionary(configuration.rooms.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The room of this name, or `nil` if there is none.
    func room(named name: String) -> Room? {
        if let place = places[name] { return .named(place) }
        return FollowedRoom(name).map { .followed($0) }
    }

    /// The role that a room asks for; `nil` is for everybody.
    func role(of room: Room) -> Role? {
        switch room {
        case .named(let place): roles[place]
        case .followed: nil
        }
    }

    func name(of room: Room) -> String {
        switch room {
        case .named(let place): names[place]
        case .followed(let room): room.name
        }
    }
}
