import CNats
import Glibc

/// How a connection is made.
public struct NATSSettings: Sendable {
    /// How the client shows who it is.
    public enum Credentials: Sendable {
        case user(String, password: String)
        case token(String)
        /// A file of credentials, with a JWT and the seed of an nkey. It is read when a connection is made.
        case file(String)
    }

    /// Whom to trust, and our own certificate: files in PEM, read when a connection is made.
    public struct TLS: Sendable {
        /// `nil` for the system's certificates. A file is trusted in addition to them.
        public var ca: String?
        public var certificate: String?
        public var key: String?

        public init(ca: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
        }
    }

    /// URLs of the schemes `nats` and `tls`, without a user. The first that answers is used.
    public var servers: [String]
    /// The limit for connecting to each server, for each question, and for writing.
    public var timeout: Duration
    /// The name of the connection, which the server shows.
    public var name: String
    public var credentials: Credentials?
    /// `nil` for TLS only where the server or the scheme asks for it.
    public var tls: TLS?

    public init(servers: [String], timeout: Duration, name: String = "tallywire", credentials: Credentials? = nil, tls: TLS? = nil)
    {
        self.servers = servers
        self.timeout = timeout
        self.name = name
        self.credentials = credentials
        self.tls = tls
    }

    /// The texts that no message may contain.
    var secrets: [String] {
        switch credentials {
        case .user(_, let password): [password]
        case .token(let token): [token]
        case .file, nil: []
        }
    }

    var milliseconds: Int64 { max(1, Int64(timeout / .milliseconds(1))) }

    /// Calls `body` with the options of the library. Throws what the library says against them.
    func withOptions<Result>(_ body: (OpaquePointer) throws(NATSError) -> Result) throws(NATSError) -> Result {
        var made: OpaquePointer?
        try check(natsOptions_Create(&made), "the options")
        guard let options = made else { throw NATSError(.settings, "libnats has no memory for options") }
        defer { natsOptions_Destroy(options) }
        let urls = servers.map { strdup($0) }
        defer { for url in urls { free(url) } }
        var pointers = urls.map { $0.map { UnsafePointer($0) } }
        try check(natsOptions_SetServers(options, &pointers, Int32(pointers.count)), "the servers")
        try check(natsOptions_SetName(options, name), "the name")
        try check(natsOptions_SetTimeout(options, milliseconds), "the timeout")
        // Otherwise a write to a server that reads nothing has no limit.
        try check(natsOptions_SetWriteDeadline(options, milliseconds), "the timeout")
        // Whoever publishes decides when to try again. The library would send what it holds back after messages of a later try.
        try check(natsOptions_SetAllowReconnect(options, false), "the options")
        try check(natsOptions_SetNoRandomize(options, true), "the options")
        try check(natsOptions_SetPingInterval(options, 20_000), "the options")
        try check(natsOptions_SetMaxPingsOut(options, 2), "the options")
        try setCredentials(options)
        try setTLS(options)
        return try body(options)
    }

    private func setCredentials(_ options: OpaquePointer) throws(NATSError) {
        switch credentials {
        case .user(let user, let password): try check(natsOptions_SetUserInfo(options, user, password), "the user")
        case .token(let token): try check(natsOptions_SetToken(options, token), "the token")
        case .file(let path): try check(natsOptions_SetUserCredentialsFromFiles(options, path, nil), "the file of credentials")
        case nil: break
        }
    }

    private func setTLS(_ options: OpaquePointer) throws(NATSError) {
        guard tls != nil || servers.contains(where: { $0.lowercased().hasPrefix("tls://") }) else { return }
        try check(natsOptions_SetSecure(options, true), "TLS")
        if let ca = tls?.ca { try check(natsOptions_LoadCATrustedCertificates(options, ca), "the certificates in \(ca)") }
        if let certificate = tls?.certificate, let key = tls?.key {
            try check(natsOptions_LoadCertificatesChain(options, certificate, key), "our certificate in \(certificate)")
        }
    }

    private func check(_ status: natsStatus, _ what: String) throws(NATSError) {
        guard status != NATS_OK else { return }
        throw NATSError(.settings, clean("\(what) cannot be used: \(lastErrorText(status))"))
    }

    /// A message on one line and without secrets.
    func clean(_ text: String) -> String {
        var text = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "…") }
        return text
    }
}

/// What the library noted on this thread about the call that returned `status`, without the place in its source: `(conn.c:2088): `.
func lastErrorText(_ status: natsStatus) -> String {
    var noted = NATS_OK
    if let text = nats_GetLastError(&noted), noted == status, text.pointee != 0 {
        return String(String(cString: text).trimmingPrefix(#/\([a-z]+\.c:[0-9]+\): /#))
    }
    return String(cString: natsStatus_GetText(status))
}
