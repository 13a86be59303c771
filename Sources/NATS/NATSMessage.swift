/// A message as it is published, or as a stream keeps it.
public struct NATSMessage: Equatable, Sendable {
    public var subject: String
    /// Names and values, in which there is no line end. A name stands once.
    public var headers: [(name: String, value: String)]
    public var payload: [UInt8]

    public init(subject: String, headers: [(name: String, value: String)] = [], payload: [UInt8]) {
        self.subject = subject
        self.headers = headers
        self.payload = payload
    }

    public static func == (left: NATSMessage, right: NATSMessage) -> Bool {
        left.subject == right.subject && left.payload == right.payload && left.headers.elementsEqual(right.headers, by: ==)
    }

    /// What counts against the limits of servers and streams: headers as they are sent, and payload.
    public var size: Int { Self.size(of: headers) + payload.count }

    /// `NATS/1.0`, a line for each header, and an empty line.
    private static func size(of headers: [(name: String, value: String)]) -> Int {
        headers.reduce(12) { $0 + size(ofHeader: $1.name, $1.value) }
    }

    /// The bytes of one header.
    public static func size(ofHeader name: String, _ value: String) -> Int { name.utf8.count + value.utf8.count + 4 }
}

/// What became of a message that was published.
public struct NATSAnswer: Equatable, Sendable {
    /// The number that was given with the message.
    public let token: Int
    public let result: Result<NATSAcknowledgement, NATSError>

    public init(token: Int, result: Result<NATSAcknowledgement, NATSError>) {
        self.token = token
        self.result = result
    }
}

/// A stream's word that it has a message.
public struct NATSAcknowledgement: Equatable, Sendable {
    /// The message's number in the stream.
    public let sequence: UInt64
    /// Whether the stream had the message already, by its `Nats-Msg-Id`.
    public let isDuplicate: Bool

    public init(sequence: UInt64, isDuplicate: Bool) {
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }
}

/// A stream as the server describes it.
public struct NATSStream: Equatable, Sendable {
    /// What the stream takes, such as `stock.>`.
    public let subjects: [String]
    /// The number of the last message; 0 if there never was one.
    public let lastSequence: UInt64
    /// The most bytes of a message; `nil` for no limit of the stream's own.
    public let messageLimit: Int?
    /// Why nobody can publish to the stream; `nil` if it can be done.
    public let obstacle: String?
}
