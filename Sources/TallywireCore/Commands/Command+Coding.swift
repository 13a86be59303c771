import Foundation

/// Commands as nodes of one cluster send them to each other.
///
/// Not the form of the API: what a client sends is read by rules that forgive, and every default is filled in. Here everything is
/// there that a command has, so that the node that decides it decides the same. Most of it is what the compiler makes of the types;
/// below is the rest.
extension Command {
    /// The number of the form. Another node that knows only other numbers refuses the command.
    ///
    /// It is counted up with every change of the types, also with a new member that may be missing: a node that does not know the
    /// member would decide something else.
    public static let format = 1

    /// The command as JSON without a line break.
    public func encoded() throws -> [UInt8] {
        Array(try JSONEncoder().encode(Envelope(format: Self.format, command: self)))
    }

    /// Reads what ``encoded()`` wrote. Throws `DecodingError` for anything else, and never traps.
    public init(encoded bytes: some Collection<UInt8>) throws {
        let decoder = JSONDecoder()
        let format = try decoder.decode(Format.self, fromOutside: bytes).format
        guard format == Self.format else {
            let message = "the command has the format \(format), and this node reads the format \(Self.format)"
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: message))
        }
        self = try decoder.decode(Envelope.self, fromOutside: bytes).command
    }

    private struct Format: Decodable {
        let format: Int
    }

    private struct Envelope: Codable {
        let format: Int
        let command: Command
    }
}

extension ProductID: Codable {}
extension VariantID: Codable {}

extension KeyedDecodingContainer {
    /// A price that is `null` is one to be removed, and one that is not there is left as it is. Without this, what the compiler makes of
    /// a type with a `Price??` would read both alike.
    func decodeIfPresent(_ type: Price?.Type, forKey key: Key) throws -> Price?? {
        guard contains(key) else { return nil }
        return .some(try decodeNil(forKey: key) ? nil : decode(Price.self, forKey: key))
    }
}
