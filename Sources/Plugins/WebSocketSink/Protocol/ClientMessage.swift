import Foundation
import TallywireCore

/// What a client asks for in one text message.
enum ClientMessage: Equatable {
    case join(room: String, since: JournalPosition?, snapshot: Bool)
    case leave(room: String)
    case track([FollowedRoom])
    case untrack([FollowedRoom])
    case auth(token: String)
    case ping(PingID?)

    /// The number or the text that a pong repeats.
    enum PingID: Equatable {
        case number(Int64)
        case text(String)
    }

    /// Reads a message. Throws ``ClientError``.
    init(_ utf8: some Collection<UInt8>) throws(ClientError) {
        guard StreamSafeText.isKept(by: utf8) else { throw .invalidMessage(StreamSafeText.mistake) }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, fromOutside: utf8)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw .invalidJSON
        } catch let error as DecodingError {
            throw .invalidMessage(error.place)
        } catch {
            throw .invalidJSON
        }
        if let twice = (try? JSONReader.value(of: Array(utf8), depth: JSONReader.decoderDepth))?.repeatedMember {
            throw .invalidMessage("\"\(twice.excerpt)\" is there twice")
        }
        switch fields.type {
        case "join":
            self = .join(room: try fields.requiredRoom(), since: try fields.position(), snapshot: fields.snapshot ?? false)
        case "leave": self = .leave(room: try fields.requiredRoom())
        case "ping": self = .ping(fields.id)
        case "track": self = .track(try fields.items())
        case "untrack": self = .untrack(try fields.items())
        case "auth": self = .auth(token: try fields.requiredToken())
        default: throw .unknownType(fields.type)
        }
    }
}

/// The members of all messages.
private struct Fields: Decodable {
    let type: String
    let room: String?
    let token: String?
    let id: ClientMessage.PingID?
    let snapshot: Bool?
    let since: Since?
    let products: [Int64]?
    let variants: [Int64]?

    struct Since: Decodable {
        let epoch: String
        let seq: Int64
    }

    func requiredRoom() throws(ClientError) -> String {
        guard let room else { throw .invalidMessage("\"room\" is missing") }
        return room
    }

    func requiredToken() throws(ClientError) -> String {
        guard let token else { throw .invalidMessage("\"token\" is missing") }
        return token
    }

    /// The products and variants of a `track`.
    func items() throws(ClientError) -> [FollowedRoom] {
        guard products != nil || variants != nil else { throw .invalidMessage("\"products\" and \"variants\" are missing") }
        let ids = (products ?? []) + (variants ?? [])
        guard ids.allSatisfy({ $0 > 0 && $0 <= Limits.largestBalance }) else {
            throw .invalidMessage("an id in \"products\" or \"variants\" is not what it should be")
        }
        return (products ?? []).map { .product($0) } + (variants ?? []).map { .variant($0) }
    }

    func position() throws(ClientError) -> JournalPosition? {
        guard let since else { return nil }
        guard since.epoch.utf8.count <= JournalPosition.longestEpoch else {
            throw .invalidMessage("\"since.epoch\" is not what it should be")
        }
        guard let seq = UInt64(exactly: since.seq) else { throw .invalidMessage("\"since.seq\" is not what it should be") }
        return JournalPosition(epoch: since.epoch, seq: seq)
    }
}

extension ClientMessage.PingID: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            let text = try container.decode(String.self)
            guard text.utf8.count <= 128 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "an id is at most 128 bytes long")
            }
            self = .text(text)
        }
    }
}

extension DecodingError {
    /// Which member is wrong, as text.
    fileprivate var place: String {
        func path(_ context: Context, _ key: (any CodingKey)? = nil) -> String {
            let names = (context.codingPath + (key.map { [$0] } ?? [])).map(\.stringValue)
            return names.isEmpty ? "the message" : "\"\(names.joined(separator: "."))\""
        }
        switch self {
        case .keyNotFound(let key, let context): return "\(path(context, key)) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(path(context)) is not what it should be"
        @unknown default: return "the message cannot be read"
        }
    }
}
