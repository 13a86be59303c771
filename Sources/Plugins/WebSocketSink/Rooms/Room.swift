import Foundation
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

/// How names of rooms that come from outside are held against the rules, before they are compared with anything.
///
/// Comparing and hashing a text normalizes it, which takes milliseconds for one letter with thousands of marks. So a name is measured in
/// bytes first, and what passes is brought to Unicode NFC: one name has one form in rooms, events and answers.
enum RoomName {
    /// Bytes of a name as it comes, at most. The longest that means something, 32 decomposed characters, has fewer.
    static let longest = 1_024

    /// The name in NFC, `nil` if it is too long to be one.
    static func normal(_ name: some StringProtocol) -> String? {
        guard name.utf8.count <= longest else { return nil }
        return name.utf8.allSatisfy { $0 < 0x80 } ? String(name) : name.precomposedStringWithCanonicalMapping
    }

    /// A location's code as the catalogue keeps it: in its key form. `nil` if no location can have it.
    static func locationCode(_ text: some StringProtocol) -> String? {
        guard text.utf8.count <= longest else { return nil }
        let code = String(text).keyForm
        return Command.mistake(inLocation: code) == nil ? code : nil
    }
}
