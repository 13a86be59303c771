import TallywireConfiguration
import TallywireCore
import TallywireEngine

/// Where and how long events are kept.
public struct JournalSettings: Decodable, Sendable {
    /// The SQLite file, relative to the working directory. Default `data/tallywire.db`.
    public var path: String
    public var retention: Retention
    public var idempotency: Idempotency
    public var ring: Ring
    public var disk: Disk

    /// What happens before the journal's disk is full.
    public struct Disk: Decodable, Sendable {
        /// With less room than this the server warns. Default 1 GiB.
        public var warn: ByteSize
        /// With less room than this, commands are refused until there is a quarter more. Default 256 MiB.
        public var stop: ByteSize

        public init(warn: ByteSize, stop: ByteSize) {
            (self.warn, self.stop) = (warn, stop)
        }
    }

    /// How long events are kept. An event is never deleted before every enabled durable sink has taken it, except beyond
    /// `hardLimit`.
    public struct Retention: Decodable, Sendable {
        /// Default 30 days.
        public var age: Duration
        /// The largest size of the events' JSON. Default 4 GiB.
        public var size: ByteSize
        /// The size beyond which events are deleted even if a sink has not taken them. Default 16 GiB.
        public var hardLimit: ByteSize
    }

    /// How long the answers to movements with an id are kept.
    public struct Idempotency: Decodable, Sendable {
        /// Default 8 days, minimum 24 hours.
        public var keep: Duration
        /// Beyond this number the oldest answers are deleted early. Default 10,000,000.
        public var maximum: Int
    }

    /// How much of the recent past is kept in memory for sinks that are close to the newest event.
    public struct Ring: Decodable, Sendable {
        /// Default 65,536.
        public var events: Int
        /// The size of their JSON. Default 64 MiB.
        public var size: ByteSize
    }
}

/// Where the server listens, and its limits.
public struct HTTPSettings: Decodable, Sendable {
    /// Default `127.0.0.1`.
    public var host: String
    /// Default 8080; 0 takes a free port.
    public var port: Int
    /// The certificate for TLS; `nil` for none.
    public var tls: TLS?
    /// Origins whose pages may call from a browser; `*` allows all.
    public var origins: [String]
    /// Addresses and ranges of proxies whose `X-Forwarded-For` is believed.
    public var trustedProxies: [String]
    /// Where callers find the server from outside, such as `https://example.com/stock` or `/stock`; `nil` if that is where it listens.
    public var base: OutsideAddress?
    /// A checkout of Tallywire whose pages are served instead of the program's own; `nil` for the program's own.
    public var pages: String?
    public var limits: Limits

    /// Files in PEM.
    public struct TLS: Decodable, Equatable, Sendable {
        /// The certificate, then the intermediate certificates up to its root.
        public var certificate: String
        public var key: String
    }

    public struct Limits: Decodable, Sendable {
        /// The largest body of a request. Default 1 MiB.
        public var body: ByteSize
        /// The most connections at once, with WebSockets. Default 20,000.
        public var connections: Int
        /// The most connections from one address; `nil` for no limit of its own.
        public var connectionsPerAddress: Int?
        /// The most requests a second from one address; `nil` for no limit.
        public var requestsPerSecond: Int?
        /// Default 10 seconds.
        public var handshake: Duration
        /// Default 60 seconds.
        public var idle: Duration
        /// The most event streams (SSE) at once. Default 1,000.
        public var streams: Int
    }
}

/// Who may do what.
public struct AuthSettings: Decodable, Sendable {
    public var mode: Mode
    /// The secret that signs tokens with HS256.
    public var secret: String?
    /// The file with the public keys of tokens, or the URL where somebody else publishes them.
    public var jwks: String?
    /// The `iss` that others' tokens must have.
    public var issuer: String?
    /// Where others' tokens say their role; `nil` for the claim `role`.
    public var roles: Roles?
    /// How the keys of the URL in ``jwks`` are fetched.
    public var keyServer: KeyServer
    /// The `aud` that tokens must have.
    public var audience: String?
    /// Default none.
    public var clockSkew: Duration
    /// Whether callers without a token may do nothing. Default false.
    public var required: Bool
    /// With ``required``: until when a WebSocket client has to show its token. Default 10 seconds.
    public var deadline: Duration
    /// The users who may sign in with a password.
    public var users: [User]
    /// How long a sign-in session lasts without renewal. Default 8 hours.
    public var session: Duration
    /// How long a sign-in session lasts with renewals. Default 7 days.
    public var sessionLimit: Duration
    /// Where ``secret`` comes from, so that it can be read again.
    public internal(set) var secretSource: SecretSource?

    public enum Mode: String, Decodable, Sendable {
        /// Every caller may do everything: for a loopback host only.
        case open
        /// Signed tokens say who callers are.
        case jwt
    }

    /// A user who may sign in.
    public struct User: Decodable, Sendable {
        public var name: String
        /// The text of a `PasswordHash`.
        public var password: String
        public var role: Role
    }

    /// A claim, and what its values mean.
    public struct Roles: Decodable, Sendable {
        public var claim: ClaimPath
        /// Roles by values; `nil` if the values are the roles' names.
        public var values: [String: Role]?
    }

    /// The names that lead to a claim: of the claim, and of the members in it.
    public struct ClaimPath: Decodable, Sendable {
        public let names: [String]

        public init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            } else {
                names = try value.decode([String].self)
            }
        }
    }

    /// How published keys are fetched.
    public struct KeyServer: Decodable, Sendable {
        /// The longest time from one fetch to the next. Default 1 hour.
        public var refresh: Duration
        /// The shortest time between two fetches for the sake of unknown keys. Default 30 seconds.
        public var askAgain: Duration
        /// How long keys are used after they were fetched, if all later fetches fail. Default 24 hours.
        public var keep: Duration
        /// How long one fetch may take. Default 5 seconds.
        public var timeout: Duration
        /// Whom to trust: a file in PEM, or `system`.
        public var ca: String
    }

    /// The URL in ``jwks``; `nil` if that is a file, or nothing.
    public var jwksURL: String? { jwks.flatMap { $0.contains("://") ? $0 : nil } }

    private enum CodingKeys: String, CodingKey {
        case mode, secret, jwks, issuer, roles, keyServer, audience, clockSkew, required, deadline, users, session, sessionLimit
    }
}

/// How the server ends.
public struct ShutdownSettings: Decodable, Sendable {
    /// How long sinks may take to deliver the committed events. Default 10 seconds.
    public var drain: Duration
}

/// The writer's limits.
public struct EngineSettings: Decodable, Sendable {
    /// The most commands that may wait. Default 65,536.
    public var inbox: Int
    /// The most commands in one commit. Default 4,096.
    public var batch: Int
    /// How late a movement may be at a location that was counted since, and how late a count may be. Default 72 hours.
    public var lateness: Duration
}

extension JournalSettings {
    /// The retention as the journal's own type.
    public var journalRetention: TallywireEngine.Retention {
        TallywireEngine.Retention(age: retention.age, size: retention.size.bytes, hardLimit: retention.hardLimit.bytes)
    }
}

extension PipelineConfiguration {
    /// The limits as the engine's own type.
    public var engineConfiguration: InventoryEngine.Configuration {
        InventoryEngine.Configuration(
            inbox: engine.inbox, batch: engine.batch,
            feed: Feed.Capacity(events: journal.ring.events, bytes: journal.ring.size.bytes),
            times: TimeRules(keep: journal.idempotency.keep, lateness: engine.lateness))
    }
}
