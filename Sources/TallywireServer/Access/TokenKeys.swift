import Foundation
import PipelineHost
import TallywireAuthentication
import TallywireConfiguration

/// The keys of `auth`, from the file or the secret that the configuration names.
struct TokenKeys: Sendable {
    let configuration: PipelineConfiguration

    /// The largest file of keys.
    static let fileSize = 1 << 20

    private var settings: AuthSettings { configuration.auth }

    /// Reads the keys that are not fetched from a URL. Throws ``ConfigurationError`` with the position of a mistake.
    func read() async throws -> KeySet {
        if settings.jwksURL == nil, let path = settings.jwks {
            do {
                return try await KeySet.jwks(try Self.bytes(path))
            } catch let error as KeyError {
                throw mistake("jwks", "“jwks”: \(path): \(error.message)")
            }
        }
        guard settings.secret != nil || settings.jwks == nil else { return KeySet() }
        do {
            return try await KeySet.secret(try settings.secretSource?.read() ?? settings.secret ?? "")
        } catch let error as KeyError {
            throw mistake("secret", "“secret”: \(error.message)")
        } catch let error as OptionError {
            throw mistake("secret", "“secret”: \(error.message)")
        }
    }

    /// The files from which the keys come.
    var files: [String] {
        if settings.jwksURL == nil, let path = settings.jwks { return [path] }
        return settings.secretSource?.files ?? []
    }

    var rules: JWTAuthenticator.Rules {
        JWTAuthenticator.Rules(
            audience: settings.audience, issuer: settings.issuer,
            roles: settings.roles.map { RoleClaim(path: $0.claim.names, roles: $0.values) }, clockSkew: settings.clockSkew,
            isRequired: settings.required, deadline: settings.deadline)
    }

    private func mistake(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError([configuration.diagnostic(at: "auth", key, message: message)])
    }

    private static func bytes(_ path: String) throws(KeyError) -> [UInt8] {
        do {
            return Array(try BoundedFile.read(path, limit: fileSize))
        } catch {
            throw KeyError(error.message)
        }
    }
}
