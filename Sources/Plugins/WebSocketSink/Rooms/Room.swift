import TallywireCore

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
    /// has one name, and a location's code is brought to the form of the catalogue.
    init?(_ name: some StringProtocol) {
        guard name.utf8.count <= RoomName.longest, let colon = name.firstIndex(of: ":") else { return nil }
        let value = name[name.index(after: colon)...]
        switch name[..<colon] {
        case "product":
            guard let id = Self.identifier(value) else { return nil }
            self = .product(id)
        case "variant":
            guard let id = Self.identifier(value) else { return nil }
            self = .variant(id)
        case "location":
            guard let code = RoomName.locationCode(value) else { return nil }
            self = .location(code)
        default: return nil
        }
    }

    /// Its name, as a client writes it.
    var name: String {
        switch self {
        case .product(let id): "product:\(id)"
        case .variant(let id): "variant:\(id)"
        case .location(let code): "location:\(code)"
        }
    }

    /// Whether an event of a pass belongs to it.
    func carries(_ record: Pass.Record) -> Bool {
        switch self {
        case .product(let id): record.product == id
        case .variant(let id): record.variant == id
        case .location(let code): record.location == code
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
