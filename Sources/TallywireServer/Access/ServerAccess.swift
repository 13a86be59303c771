import Foundation
import HTTPPort
import Logging
import PipelineHost
import TallywireAccess
import TallywireAuthentication
import TallywireConfiguration
import TallywireCore
import TallywireEngine

/// Who may use the server and how: the keys and the certificate of a configuration, read from their files.
struct ServerAccess: Sendable {
    let authenticator: any Authenticator
    /// Signs users in with a password; `nil` without users.
    let signIn: (any SignIn)?
    let certificates: TLSCertificates?
    /// The files that can be reloaded while the server runs.
    let reloads: [Reloadable]
    /// The keys of others' tokens, if they come from a URL.
    let published: PublishedKeys?
    /// What came of reading each of them.
    let statuses: [ReloadStatus]

    /// Reads the files that `configuration` names, and fetches nothing. Throws ``ConfigurationError`` with every mistake at its position.
    init(_ configuration: PipelineConfiguration, logger: Logger = Logger(label: "tallywire.keys")) async throws {
        var diagnostics: [ConfigurationDiagnostic] = []
        var reloads: [Reloadable] = []
        var authenticator: any Authenticator = OpenAuthenticator()
        var signIn: (any SignIn)?
        var published: PublishedKeys?
        var statuses: [ReloadStatus] = []
        if configuration.auth.mode == .jwt {
            let keys = TokenKeys(configuration: configuration)
            do {
                let set = try await keys.read()
                let server = KeyServer(configuration.auth)
                if set.count == 0, server == nil {
                    let algorithms = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    diagnostics.append(
                        configuration.diagnostic(
                            at: "auth", "jwks", message: "“jwks”: the file holds no key for any of \(algorithms)"))
                }
                if let server {
                    let status = ReloadStatus(name: "jwks", isRead: false)
                    published = PublishedKeys(server.times, fetch: server.fetch, report: Self.report(to: status, logger))
                    statuses.append(status)
                }
                let jwt = JWTAuthenticator(set, published: published, rules: keys.rules)
                authenticator = jwt
                signIn = Self.signIn(configuration.auth, jwt)
                if !keys.files.isEmpty || server == nil {
                    reloads.append(
                        Reloadable(status: ReloadStatus(name: "keys"), files: keys.files) { jwt.replace(try await keys.read()) })
                }
            } catch let error as ConfigurationError {
                diagnostics += error.diagnostics
            }
        }
        var certificates: TLSCertificates?
        if let tls = configuration.http.tls {
            do {
                let read = try TLSCertificates(.init(certificate: tls.certificate, key: tls.key))
                certificates = read
                reloads.append(
                    Reloadable(status: ReloadStatus(name: "certificate"), files: [tls.certificate, tls.key]) {
                        try read.reload()
                    })
            } catch {
                let key = error.isAboutKey ? "key" : "certificate"
                diagnostics.append(configuration.diagnostic(at: "http", "tls", key, message: "“\(key)”: \(error.message)"))
            }
        }
        guard diagnostics.isEmpty else { throw ConfigurationError(diagnostics) }
        self.authenticator = authenticator
        self.signIn = signIn
        self.certificates = certificates
        self.reloads = reloads
        self.published = published
        self.statuses = reloads.map(\.status) + statuses
    }

    /// Notes what comes of each fetch of published keys, and logs what is new about it.
    private static func report(to status: ReloadStatus, _ logger: Logger) -> PublishedKeys.Report {
        { result in
            let before = status.current
            switch result {
            case .success(let set):
                status.succeeded()
                guard before.succeeded == 0 || before.failure != nil else { return }
                logger.notice(
                    "The server has fetched the keys of others' tokens.",
                    metadata: ["keys": "\(set.names.joined(separator: ", "))", "unused": "\(set.unused.joined(separator: "; "))"])
            case .failure(let error):
                status.failed(error.message)
                guard before.failure != error.message else { return }
                logger.error(
                    "The server cannot fetch the keys of others' tokens, and tries again. It uses those that it has for auth.keyServer.keep.",
                    metadata: ["error": "\(error)"])
            }
        }
    }

    private static func signIn(_ auth: AuthSettings, _ authenticator: JWTAuthenticator) -> (any SignIn)? {
        let users = auth.users.compactMap { user in
            PasswordHash(user.password).map { PasswordSignIn.User(name: user.name, password: $0, role: user.role) }
        }
        guard !users.isEmpty else { return nil }
        return PasswordSignIn(
            users: users, authenticator: authenticator, audience: auth.audience,
            times: .init(session: auth.session, limit: auth.sessionLimit))
    }

    /// Returns warnings about what will soon be wrong, or already refuses callers: for `check`, and for the log at start.
    func warnings(_ configuration: PipelineConfiguration, now: Timestamp = .now) -> [ConfigurationDiagnostic] {
        guard let certificates else { return [] }
        let left = (certificates.expiresAt.milliseconds - now.milliseconds) / 86_400_000
        if certificates.expiresAt <= now {
            return [
                configuration.diagnostic(
                    at: "http", "tls", "certificate",
                    message: "“certificate”: \(certificates.files.certificate) has expired at \(certificates.expiresAt)")
            ]
        }
        guard left < 7 else { return [] }
        return [
            configuration.diagnostic(
                at: "http", "tls", "certificate",
                message: "“certificate”: \(certificates.files.certificate) expires at \(certificates.expiresAt)")
        ]
    }
}
