import TallywireCore

/// What a client of the rooms says in one text message.
package enum ClientMessage: Equatable, Sendable {
    case join(room: String, since: JournalPosition?, snapshot: Bool)
    case leave(room: String)
    case track(Items)
    case untrack(Items)
    case auth(token: String)
    case ping(PingID?)

    /// The types of message, as their `type` names them.
    package static let types = ["join", "leave", "track", "untrack", "auth", "ping"]

    /// The number or the text that a pong repeats.
    package enum PingID: Equatable, Sendable {
        case number(Int64)
        case text(String)

        /// The most bytes of a text.
        package static let longest = 128
    }

    /// Products and variants by id.
    package struct Items: Equatable, Sendable {
        package var products: [ProductID]
        package var variants: [VariantID]

        package init(products: [ProductID] = [], variants: [VariantID] = []) {
            self.products = products
            self.variants = variants
        }

        package var isEmpty: Bool { products.isEmpty && variants.isEmpty }

        /// The most bytes that one id takes in a message: the largest number and a comma.
        private static let idBytes = 17
        /// The bytes that a message has beside its ids.
        private static let frameBytes = 64

        /// The same ids in as few parts as fit into messages of at most `bytes` bytes.
        package func parts(fitting bytes: Int) -> [Items] {
            let size = max(1, (bytes - Self.frameBytes) / Self.idBytes)
            return stride(from: 0, to: products.count, by: size).map { Items(products: Array(products[$0...].prefix(size))) }
                + stride(from: 0, to: variants.count, by: size).map { Items(variants: Array(variants[$0...].prefix(size))) }
        }
    }
}

/// Writing.
extension ClientMessage {
    /// The message's JSON in UTF-8.
    package var json: [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.object { write(to: &$0) }
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        json.key("type")
        switch self {
        case .auth(let token):
            json.string("auth")
            json.member("token", token)
        case .join(let room, let since, let snapshot):
            json.string("join")
            json.member("room", room)
            if let since {
                json.member("since", since)
            } else if snapshot {
                json.member("snapshot", true)
            }
        case .leave(let room):
            json.string("leave")
            json.member("room", room)
        case .track(let items):
            json.string("track")
            json.members(items)
        case .untrack(let items):
            json.string("untrack")
            json.members(items)
        case .ping(let id):
            json.string("ping")
            json.member("id", id)
        }
    }
}

extension JSONWriter {
    /// Writes the members `products` and `variants`.
    mutating func members(_ items: ClientMessage.Items) {
        array("products") { json in for id in items.products { json.integer(id.rawValue) } }
        array("variants") { json in for id in items.variants { json.integer(id.rawValue) } }
    }

    mutating func member(_ name: StaticString, _ id: ClientMessage.PingID?) {
        switch id {
        case .number(let number): member(name, number)
        case .text(let text): member(name, text)
        case nil: break
        }
    }
}

/// Reading.
extension ClientMessage {
    /// Why a message cannot be read.
    package enum Mistake: Error, Equatable {
        case notJSON
        /// What is wrong, such as `"room" is missing`.
        case invalid(String)
        /// No message has this type.
        case unknownType(String)
    }

    /// Reads a message. Members that the message does not have are passed over.
    package init(_ utf8: some Collection<UInt8>) throws(Mistake) {
        guard StreamSafeText.isKept(by: utf8) else { throw .invalid(StreamSafeText.mistake) }
        let value: JSONValue
        do {
            value = try JSONReader.value(of: Array(utf8), depth: JSONReader.decoderDepth)
        } catch {
            throw .notJSON
        }
        if let twice = value.repeatedMember { throw .invalid("\"\(twice.excerpt)\" is there twice") }
        let members = try Members(value)
        switch try members.required("type") {
        case "join":
            let room = try members.required("room")
            self = .join(room: room, since: try members.position("since"), snapshot: try members.flag("snapshot") ?? false)
        case "leave": self = .leave(room: try members.required("room"))
        case "track": self = .track(try members.items())
        case "untrack": self = .untrack(try members.items())
        case "auth": self = .auth(token: try members.required("token"))
        case "ping": self = .ping(try members.pingID("id"))
        case let type: throw .unknownType(type)
        }
    }
}

/// The members of a message. `null` counts as absent.
private struct Members {
    private let value: JSONValue

    init(_ value: JSONValue) throws(ClientMessage.Mistake) {
        guard value.object != nil else { throw .invalid("the message is not what it should be") }
        self.value = value
    }

    private subscript(_ name: String) -> JSONValue? {
        guard let value = value[name], value != .null else { return nil }
        return value
    }

    private static func wrong(_ name: String) -> ClientMessage.Mistake { .invalid("\"\(name)\" is not what it should be") }

    func required(_ name: String) throws(ClientMessage.Mistake) -> String {
        guard let value = self[name] else { throw .invalid("\"\(name)\" is missing") }
        guard let text = value.string else { throw Self.wrong(name) }
        return text
    }

    func flag(_ name: String) throws(ClientMessage.Mistake) -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let flag) = value else { throw Self.wrong(name) }
        return flag
    }

    func position(_ name: String) throws(ClientMessage.Mistake) -> JournalPosition? {
        guard let value = self[name] else { return nil }
        guard value.object != nil else { throw Self.wrong(name) }
        for member in ["epoch", "seq"] where value[member] == nil { throw .invalid("\"\(name).\(member)\" is missing") }
        guard let epoch = value["epoch"]?.string, epoch.utf8.count <= JournalPosition.longestEpoch else {
            throw Self.wrong("\(name).epoch")
        }
        guard let seq = value["seq"]?.integer.flatMap(UInt64.init(exactly:)) else { throw Self.wrong("\(name).seq") }
        return JournalPosition(epoch: epoch, seq: seq)
    }

    func pingID(_ name: String) throws(ClientMessage.Mistake) -> ClientMessage.PingID? {
        guard let value = self[name] else { return nil }
        if let number = value.integer { return .number(number) }
        guard let text = value.string, text.utf8.count <= ClientMessage.PingID.longest else { throw Self.wrong(name) }
        return .text(text)
    }

    func items() throws(ClientMessage.Mistake) -> ClientMessage.Items {
        let products = try ids("products")
        let variants = try ids("variants")
        guard products != nil || variants != nil else { throw .invalid("\"products\" and \"variants\" are missing") }
        return ClientMessage.Items(
            products: (products ?? []).map { ProductID($0) }, variants: (variants ?? []).map { VariantID($0) })
    }

    private func ids(_ name: String) throws(ClientMessage.Mistake) -> [Int64]? {
        guard let value = self[name] else { return nil }
        guard let elements = value.array else { throw Self.wrong(name) }
        var ids: [Int64] = []
        ids.reserveCapacity(elements.count)
        for element in elements {
            guard let id = element.integer, id > 0, id <= Limits.largestBalance else {
                throw .invalid("an id in \"products\" or \"variants\" is not what it should be")
            }
            ids.append(id)
        }
        return ids
    }
}
