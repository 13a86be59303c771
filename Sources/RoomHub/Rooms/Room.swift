import Foundation
import TallywireCore

/// A room that a client can be in.
package enum Room: Hashable, Sendable {
    /// The room at this index in ``RoomSettings/rooms``.
    case named(Int)
    /// A room that exists without being configured.
    case followed(FollowedRoom)
}

/// A room about one item, location or reservation, which exists for every client that joins it.
package enum FollowedRoom: Hashable, Sendable {
    case product(Int64)
    case variant(Int64)
    case location(String)
    /// For whoever knows the reservation's id, whatever the client's role.
    case reservation(String)

    /// The form of the names, for messages to people.
    static let forms = "product:ID, variant:ID, location:CODE and reservation:ID"

    /// Reads `product:1`, `variant:11`, `location:WH1` or `reservation:basket-7`. Ids are written without sign and leading zeros, so that a room has only
    /// one name. A location's code is brought to the form of the catalogue.
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
        case "reservation":
            guard Command.validate(id: String(value)) == nil else { return nil }
            self = .reservation(String(value))
        default: return nil
        }
    }

    /// The room's name, as a client writes it.
    package var name: String {
        switch self {
        case .product(let id): "product:\(id)"
        case .variant(let id): "variant:\(id)"
        case .location(let code): "location:\(code)"
        case .reservation(let id): "reservation:\(id)"
        }
    }

    /// Whether an event of a pass belongs to this room.
    func carries(_ record: Pass.Record) -> Bool {
        switch self {
        case .product(let id): record.product == id
        case .variant(let id): record.variant == id
        case .location(let code): record.location == code
        case .reservation(let id): record.reservation == id
        }
    }

    /// Whether a name has the form of such a room's name.
    static func isReserved(_ name: String) -> Bool {
        ["product:", "variant:", "location:", "reservation:"].contains { name.hasPrefix($0) }
    }

    private static func identifier(_ text: some StringProtocol) -> Int64? {
        guard let id = Int64(text), id > 0, id <= Limits.largestBalance, String(id) == text else { return nil }
        return id
    }
}

/// Checks and normalizes names of rooms that come from outside, before they are compared with others.
///
/// Comparing and hashing a text normalizes it, which takes milliseconds for one letter with thousands of marks. So the length of a
/// name in bytes is checked first. A name that passes is brought to Unicode NFC: one name has one form in rooms, events and
/// replies.
enum RoomName {
    /// The most bytes of a name as it comes. The longest valid name, 32 decomposed characters, has fewer.
    static let longest = 1_024

    /// The name in NFC; `nil` if the text is too long for a name.
    static func normal(_ name: some StringProtocol) -> String? {
        guard name.utf8.count <= longest else { return nil }
        return name.utf8.allSatisfy { $0 < 0x80 } ? String(name) : name.precomposedStringWithCanonicalMapping
    }

    /// A location's code in key form, as the catalogue keeps it; `nil` if no location can have this code.
    static func locationCode(_ text: some StringProtocol) -> String? {
        guard text.utf8.count <= longest else { return nil }
        let code = String(text).keyForm
        return Command.mistake(inLocation: code) == nil ? code : nil
    }
}
