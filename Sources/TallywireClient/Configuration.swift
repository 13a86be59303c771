public import NIOSSL
public import TallywireCore

extension TallywireClient {
    /// What a client connects to and follows, and its limits.
    public struct Configuration: Sendable {
        /// The server's WebSocket, `wss://stock.example/ws`. `ws:`, `http:` and `https:` are taken too; without a path it is `/ws`.
        public var url: String
        /// Joined whenever there is a connection. With none, and nothing tracked, what the server broadcasts comes.
        public var rooms: [String]
        /// Whether rooms begin with the values of all their items.
        public var snapshot: Bool
        /// What is tracked from the beginning.
        public var products: [ProductID] = []
        public var variants: [VariantID] = []
        /// Gets a token, or `nil` for nobody: called before a connection that needs one, before the last one expires, and after it was refused.
        /// Tokens are shown in the `Authorization` header of the handshake and in messages, never in an address.
        public var token: (@Sendable () async throws -> String?)?
        /// For `wss:`: what is trusted. Default: what the system trusts.
        public var tls = TLSConfiguration.makeClientConfiguration()

        /// Items that are kept at most. More are not folded, and a failure says `too_many_items`.
        public var maxItems = 200_000
        /// Events that wait for one reader of ``TallywireClient/events`` at most. Beyond it a variant's changes are merged
        /// (``Event/conflated``), and where that is not possible the oldest event goes (``Event/missed``).
        public var eventBuffer = 4_096
        /// The largest message that is taken from the server, in bytes.
        public var maxMessage = 16 << 20
        /// ``State/isStale`` becomes true so long after the connection was lost.
        public var staleAfter = Duration.seconds(5)
        /// The pause after the n-th failure is random, between 0 and the smaller of `maxDelay` and `minDelay` times 2 to the n-th.
        public var minDelay = Duration.milliseconds(500)
        public var maxDelay = Duration.seconds(30)
        /// A connection that is not made after so long is given up.
        public var connectTimeout = Duration.seconds(10)
        /// A server that was silent for its ping interval is asked; without an answer for so long the connection is dead.
        public var pongTimeout = Duration.seconds(5)

        public init(
            url: String, rooms: [String] = [], snapshot: Bool = true, token: (@Sendable () async throws -> String?)? = nil
        ) {
            self.url = url
            self.rooms = rooms
            self.snapshot = snapshot
            self.token = token
        }
    }
}
