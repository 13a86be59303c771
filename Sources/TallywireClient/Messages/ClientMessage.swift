import TallywireCore

extension TallywireClient {
    /// A message to the server; see docs/WEBSOCKET.md.
    enum ClientMessage: Equatable, Sendable {
        case auth(token: String)
        case join(room: String, since: Position?, snapshot: Bool)
        case leave(room: String)
        case track(Followed)
        case untrack(Followed)
        case ping(id: Int64?)
    }

    /// Products and variants by id.
    struct Followed: Equatable, Sendable {
        var products: [ProductID] = []
        var variants: [VariantID] = []

        var isEmpty: Bool { products.isEmpty && variants.isEmpty }

        /// The most ids in one message: with the largest numbers they still fit into the server's 64 KiB.
        private static let idsPerMessage = 2_000

        /// The same ids, in parts that fit into one message each.
        var parts: [Followed] {
            let size = Self.idsPerMessage
            return stride(from: 0, to: products.count, by: size).map { Followed(products: Array(products[$0...].prefix(size))) }
                + stride(from: 0, to: variants.count, by: size).map { Followed(variants: Array(variants[$0...].prefix(size))) }
        }
    }
}

extension TallywireClient.ClientMessage {
    var json: [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.object { json in
            switch self {
            case .auth(let token):
                json.member("type", "auth")
                json.member("token", token)
            case .join(let room, let since, let snapshot):
                json.member("type", "join")
                json.member("room", room)
                if let since {
                    json.object("since") { json in
                        json.member("epoch", since.epoch)
                        json.member("seq", since.seq)
                    }
                } else if snapshot {
                    json.member("snapshot", true)
                }
            case .leave(let room):
                json.member("type", "leave")
                json.member("room", room)
            case .track(let ids): json.write("track", ids)
            case .untrack(let ids): json.write("untrack", ids)
            case .ping(let id):
                json.member("type", "ping")
                json.member("id", id)
            }
        }
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    fileprivate mutating func write(_ type: String, _ ids: TallywireClient.Followed) {
        member("type", type)
        key("products")
        array { json in for id in ids.products { json.integer(id.rawValue) } }
        key("variants")
        array { json in for id in ids.variants { json.integer(id.rawValue) } }
    }
}
