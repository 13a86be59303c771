import TallywireProtocol

extension TallywireClient {
    /// What went wrong. The client continues by itself where it can.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// A stable name: the server's, as in docs/WEBSOCKET.md, or one of the client's.
        public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
            public let rawValue: String
            public init(rawValue: String) { self.rawValue = rawValue }
            init(_ rawValue: String) { self.rawValue = rawValue }
            public var description: String { rawValue }
        }

        public let code: Code
        /// A text for people, which may change.
        public let message: String
        /// The room that the failure is about.
        public let room: String?

        public init(_ code: Code, _ message: String, room: String? = nil) {
            self.code = code
            self.message = message
            self.room = room
        }

        public var description: String { "\(message) [\(code)]" }
    }
}

extension TallywireClient.Failure.Code {
    // MARK: The server's

    /// The room needs another role.
    public static let forbidden = Self(ErrorCode.forbidden.rawValue)
    public static let unknownRoom = Self(ErrorCode.unknownRoom.rawValue)
    /// The token is not valid, or there is none where one is required.
    public static let unauthenticated = Self(ErrorCode.unauthenticated.rawValue)
    public static let tooManyRooms = Self(ErrorCode.tooManyRooms.rawValue)
    public static let tooManyTracked = Self(ErrorCode.tooManyTracked.rawValue)
    /// A snapshot of more variants than the server gives, or more items than ``TallywireClient/Configuration/maxItems``.
    public static let tooManyItems = Self(ErrorCode.tooManyItems.rawValue)
    public static let rateLimited = Self(ErrorCode.rateLimited.rawValue)
    public static let invalidMessage = Self(ErrorCode.invalidMessage.rawValue)

    // MARK: The client's

    /// `run` has ended, or the room was left.
    public static let closed = Self("closed")
    /// The connection ended, or none could be made.
    public static let disconnected = Self("disconnected")
    /// The server did not answer in time.
    public static let noAnswer = Self("no_answer")
    /// The server cannot read the missed events now, or has too many connections.
    public static let serverOverloaded = Self("server_overloaded")
    /// The response to the handshake was not a WebSocket's.
    public static let refused = Self("refused")
    /// The server's certificate is not trusted, or is for another address.
    public static let untrusted = Self("untrusted")
    /// The closure that gets tokens threw.
    public static let tokenFailed = Self("token_failed")
    /// The URL is not one of a WebSocket.
    public static let invalidURL = Self("invalid_url")
    /// `run` was called while it was running.
    public static let alreadyRunning = Self("already_running")
}
