public import NIOSSL
public import TallywireCore

extension TallywireClient {
    /// The server that a client connects to, what it follows there, and its limits.
    public struct Configuration: Sendable {
        /// The URL of the server's WebSocket, `wss://stock.example/ws`. `ws:`, `http:` and `https:` are accepted too. Without a
        /// path, the path is `/ws`.
        ///
        /// Several URLs, at most 16, are those of the nodes of one cluster. The client tries the first one first. When a connection
        /// fails, is lost or is refused, the client goes on at the next one at once, from where it was. A pause follows once all have
        /// failed.
        public var urls: [String]
        /// The first of ``urls``. Setting it makes it the only one.
        public var url: String {
            get { urls.first ?? "" }
            set { urls = [newValue] }
        }
        /// The rooms that are joined on each connection. With no room and nothing tracked, the server sends its broadcast.
        public var rooms: [String]
        /// Whether rooms begin with the values of all their items.
        public var snapshot: Bool
        /// The products and variants that are tracked from the beginning.
        public var products: [ProductID] = []
        public var variants: [VariantID] = []
        /// Returns a token, or `nil` for none. Called before a connection that needs a token, before the last token expires, and
        /// after a token was refused. Tokens are sent in the `Authorization` header of the handshake and in messages, never in a
        /// URL.
        public var token: (@Sendable () async throws -> String?)?
        /// For `wss:`: the certificates that are trusted. Default: those that the system trusts.
        public var tls = TLSConfiguration.makeClientConfiguration()

        /// The most items that are kept. Further ones are not folded, and a failure says `too_many_items`.
        public var maxItems = 200_000
        /// The most events that wait for one reader of ``TallywireClient/events``. Beyond it a variant's changes are merged
        /// (``Event/conflated``). If that is not possible, the oldest event is dropped (``Event/missed``).
        public var eventBuffer = 4_096
        /// The largest message from the server that is accepted, in bytes.
        public var maxMessage = 16 << 20
        /// How long after the connection was lost ``State/isStale`` becomes true.
        public var staleAfter = Duration.seconds(5)
        /// The pause after the n-th failure (of all ``urls``) is random, between 0 and the smaller of `maxDelay` and `minDelay` times 2 to the n-th.
        public var minDelay = Duration.milliseconds(500)
        public var maxDelay = Duration.seconds(30)
        /// How long a connection attempt may take.
        public var connectTimeout = Duration.seconds(10)
        /// A server that was silent for its ping interval is pinged. Without an answer for this long, the connection is dead.
        public var pongTimeout = Duration.seconds(5)

        public init(
            urls: [String], rooms: [String] = [], snapshot: Bool = true, token: (@Sendable () async throws -> String?)? = nil
        ) {
            self.urls = urls
            self.rooms = rooms
            self.snapshot = snapshot
            self.token = token
        }

        public init(
            url: String, rooms: [String] = [], snapshot: Bool = true, token: (@Sendable () async throws -> String?)? = nil
        ) {
            self.init(urls: [url], rooms: rooms, snapshot: snapshot, token: token)
        }
    }
}
