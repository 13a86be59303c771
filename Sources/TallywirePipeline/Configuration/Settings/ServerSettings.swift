import TallywireCore
import TallywireEngine

/// Where and how long events are kept.
public struct JournalSettings: Decodable, Sendable {
    /// The SQLite file, relative to the working directory. Default `data/tallywire.db`.
    public var path: String
    public var retention: Retention
    public var idempotency: Idempotency
    public var ring: Ring

    /// How long events are kept. They are never deleted before each enabled durable sink has taken them, up to `hardLimit`.
    public struct Retention: Decodable, Sendable {
        /// Default 30 days.
        public var age: Duration
        /// Of the events' JSON. Default 4 GiB.
        public var size: ByteSize
        /// Default 16 GiB.
        public var hardLimit: ByteSize
    }

    /// How long the answers to movements with an id are kept.
    public struct Idempotency: Decodable, Sendable {
        /// Default 8 days, least 24 hours.
        public var keep: Duration
        /// Beyond this many the oldest go early. Default 10,000,000.
        public var maximum: Int
    }

    /// How much of the recent past is kept in memory for sinks that follow closely.
    public struct Ring: Decodable, Sendable {
        /// Default 65,536.
        public var events: Int
        /// Of their JSON. Default 64 MiB.
        public var size: ByteSize
    }
}

/// Where the server listens and what it takes.
public struct HTTPSettings: Decodable, Sendable {
    /// Default `127.0.0.1`.
    public var host: String
    /// Default 8080; 0 takes a free one.
    public var port: Int
    /// The certificate to speak TLS with, `nil` for none.
    public var tls: TLS?
    /// Origins whose pages may call from a browser; `*` is all.
    public var origins: [String]
    /// Addresses and ranges of proxies that are believed.
    public var trustedProxies: [String]
    /// A checkout of Tallywire whose pages are served instead of those in the program; `nil` for these.
    public var pages: String?
    public var limits: Limits

    /// Files in PEM.
    public struct TLS: Decodable, Equatable, Sendable {
        /// The certificate, then those between it and its root.
        public var certificate: String
        public var key: String
    }

    public struct Limits: Decodable, Sendable {
        /// The largest body of a request. Default 1 MiB.
        public var body: ByteSize
        /// Connections at once, WebSockets among them. Default 20,000.
        public var connections: Int
        /// From one address; `nil` is as many as in all.
        public var connectionsPerAddress: Int?
        /// From one address; `nil` is without limit.
        public var requestsPerSecond: Int?
        /// Default 10 seconds.
        public var handshake: Duration
        /// Default 60 seconds.
        public var idle: Duration
        /// Event streams (SSE) at once. Default 1,000.
        public var streams: Int
    }
}

/// Who may do what.
public struct AuthSettings: Decodable, Sendable {
    public var mode: Mode
    /// What tokens are signed with, by HS256.
    public var secret: String?
    /// The file with the keys of tokens.
    public var jwks: String?
    /// The `aud` that tokens have to name.
    public var audience: String?
    /// Default none.
    public var clockSkew: Duration
    /// Whether callers without a token may do nothing. Default false.
    public var required: Bool
    /// With ``required``: until when a WebSocket has to show its token. Default 10 seconds.
    public var deadline: Duration
    /// Who may sign in with a password.
    public var users: [User]
    /// How long a session lasts without renewal. Default 8 hours.
    public var session: Duration
    /// And with renewals. Default 7 days.
    public var sessionLimit: Duration
    /// Where ``secret`` comes from, to read it again.
    public internal(set) var secretSource: SecretSource?

    public enum Mode: String, Decodable, Sendable {
        /// Everybody everything: for a loopback host only.
        case open
        /// Signed tokens say who callers are.
        case jwt
    }

    /// Somebody who may sign in.
    public struct User: Decodable, Sendable {
        public var name: String
        /// A ``PasswordHash``, as text.
        public var password: String
        public var role: Role
    }

    private enum CodingKeys: String, CodingKey {
        case mode, secret, jwks, audience, clockSkew, required, deadline, users, session, sessionLimit
    }
}

/// How the server ends.
public struct ShutdownSettings: Decodable, Sendable {
    /// How long sinks may take to deliver what is committed. Default 10 seconds.
    public var drain: Duration
}

/// The writer's limits.
public struct EngineSettings: Decodable, Sendable {
    /// Commands that may wait. Default 65,536.
    public var inbox: Int
    /// Commands in one commit. Default 4,096.
    public var batch: Int
}

extension JournalSettings {
    /// The retention as the journal takes it.
    public var journalRetention: TallywireEngine.Retention {
        TallywireEngine.Retention(age: retention.age, size: retention.size.bytes, hardLimit: retention.hardLimit.bytes)
    }
}

extension PipelineConfiguration {
    /// The limits as the engine takes them.
    public var engineConfiguration: InventoryEngine.Configuration {
        InventoryEngine.Configuration(
            inbox: engine.inbox, batch: engine.batch,
            feed: Feed.Capacity(events: journal.ring.events, bytes: journal.ring.size.bytes),
            times: TimeRules(keep: journal.idempotency.keep))
    }
}
