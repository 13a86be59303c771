/// The content of the events of one or two types.
///
/// A body is one file: its members with their description, how it is written and read, what it is about, and its words for people.
/// The documents (OpenAPI, AsyncAPI), the names that a room's `fields` may have, and the default rooms are made from ``schema``.
public protocol EventBody: Equatable, Sendable {
    static var schema: EventSchema { get }

    /// An example for documents and tests.
    static var example: Self { get }

    /// One of ``EventSchema/types``.
    var type: EventType { get }

    /// The values that filters and rooms use.
    var eventSubject: Event.Subject { get }

    /// One sentence for people.
    var wording: [Event.Words] { get }

    /// Writes the members of `data`, in the order of ``EventSchema/members``, without `trace` and `timestamp`, which come last.
    func writeMembers(to json: inout JSONWriter)

    /// Reads what ``writeMembers(to:)`` wrote.
    init(_ data: EventData) throws
}

/// The description of a body.
public struct EventSchema: Sendable {
    /// The name in documents, such as `StockAlert`.
    public let name: String
    /// One sentence that says what happened.
    public let summary: String
    public let types: [EventType]
    /// The role that a client needs to see these events where rooms are not configured.
    public let leastRole: Role
    /// The members of `data`, in the order in which they are written.
    public let members: [Member]

    public init(_ name: String, _ types: [EventType], for leastRole: Role = .admin, _ summary: String, _ members: [Member]) {
        self.name = name
        self.types = types
        self.leastRole = leastRole
        self.summary = summary
        self.members = members + [.optional("trace", .string), Member("timestamp", .timestamp)]
    }

    /// One member of `data`.
    public struct Member: Sendable {
        public let name: String
        public let kind: Kind
        public let isOptional: Bool

        public init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
            self.name = name
            self.kind = kind
            self.isOptional = isOptional
        }

        /// A member that may be missing.
        public static func optional(_ name: String, _ kind: Kind) -> Member { Member(name, kind, isOptional: true) }

        /// The type of the value.
        public enum Kind: Sendable {
            /// The id of a product or the `seq` of an event.
            case id
            /// The id of a variant, `null` for a default variant.
            case variant
            case sku, name, location, movement
            /// Units, versions, counts: an integer from 0.
            case count
            /// Units that can be less than 0.
            case balance
            /// ``count``, or `null`.
            case optionalCount
            /// Units as a caller may give them.
            case quantity
            /// A price, or `null`.
            case price
            case flag, timestamp, date
            /// ``timestamp``, or `null`.
            case optionalTimestamp
            case operation, level, status
            /// A text with so many scalars.
            case text(ClosedRange<Int>)
            /// A text without a limit of its own.
            case string
            case words([String])
            case object
            /// A list of SKUs.
            case skus
            /// A list of objects with these members.
            case list([Member])
        }
    }
}

/// The `data` of an event that is being read.
public struct EventData {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private enum Members {
        case decoder(KeyedDecodingContainer<Name>)
        case plain(PlainMembers)
    }

    private let members: Members
    private let defaultVariant: VariantID?

    init(_ decoder: any Decoder) throws {
        members = .decoder(try decoder.container(keyedBy: Name.self))
        defaultVariant = decoder.userInfo[.defaultVariantID] as? VariantID
    }

    /// Members of plain values. What they do not have as it is asked for throws ``PlainMembers/Unsuitable``.
    init(_ members: PlainMembers, defaultVariant: VariantID?) {
        self.members = .plain(members)
        self.defaultVariant = defaultVariant
    }

    /// Returns a member that has to be there.
    public func callAsFunction<Value: Decodable>(_ name: String) throws -> Value {
        switch members {
        case .decoder(let members): return try members.decode(Value.self, forKey: Name(stringValue: name))
        case .plain:
            guard let value: Value = try optional(name) else { throw PlainMembers.Unsuitable() }
            return value
        }
    }

    /// Returns a member that may be missing or `null`.
    public func optional<Value: Decodable>(_ name: String) throws -> Value? {
        switch members {
        case .decoder(let members): return try members.decodeIfPresent(Value.self, forKey: Name(stringValue: name))
        case .plain(let members):
            guard let text = try members.value(name) else { return nil }
            guard let type = Value.self as? any PlainValue.Type, let value = type.init(plain: text) as? Value else {
                throw PlainMembers.Unsuitable()
            }
            return value
        }
    }

    /// A text that is no trace counts as none: nothing depends on it.
    func trace() throws -> TraceParent? { (try optional("trace") as String?).flatMap { TraceParent($0) } }

    public func product() throws -> ProductID { ProductID(try self("productId")) }

    public func variant() throws -> (id: VariantID, isDefault: Bool) {
        if let id: Int64 = try optional("variantId") { return (VariantID(id), false) }
        return (defaultVariant ?? VariantID(0), true)
    }
}

extension CodingUserInfoKey {
    /// The ``VariantID`` that `null` stands for in the event that is decoded.
    public static let defaultVariantID = CodingUserInfoKey(rawValue: "tallywire.defaultVariantID")!
}
