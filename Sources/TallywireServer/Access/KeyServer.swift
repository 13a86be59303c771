import AsyncHTTPClient
import ClientTLS
import Foundation
import NIOCore
import NIOHTTP1
import PipelineHost
import TallywireAuthentication
import TallywireClient
import TallywireConfiguration
import TallywireCore

/// The URL in `auth.jwks`, where somebody else publishes keys.
struct KeyServer: Sendable {
    let url: String
    let settings: AuthSettings.KeyServer

    /// For the life of the process. Redirects could lead away from TLS, and compressed answers could become larger than the limit.
    private static let http = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: {
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
            configuration.connectionPool.retryConnectionEstablishment = false
            return configuration
        }())

    /// `nil` if keys do not come from a URL.
    init?(_ settings: AuthSettings) {
        guard let url = settings.jwksURL else { return nil }
        self.url = url
        self.settings = settings.keyServer
    }

    /// When the keys are fetched.
    var times: PublishedKeys.Settings {
        PublishedKeys.Settings(refresh: settings.refresh, askAgain: settings.askAgain, keep: settings.keep)
    }

    /// Fetches the keys once, in `timeout` at most.
    @Sendable func fetch() async throws(KeyError) -> PublishedKeys.Answer {
        do {
            return try await withThrowingTaskGroup(of: PublishedKeys.Answer?.self) { group in
                group.addTask { try await answer() }
                group.addTask {
                    try await Task.sleep(for: settings.timeout)
                    return nil
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() ?? nil else {
                    throw KeyError("it did not answer completely within \(settings.timeout.configurationText)")
                }
                return answer
            }
        } catch let error as KeyError {
            throw KeyError("\(url): \(error.message)")
        } catch {
            throw KeyError("\(url): \(Self.reason(error))")
        }
    }

    private func answer() async throws -> PublishedKeys.Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        request.headers.add(name: "user-agent", value: "Tallywire/\(tallywireVersion)")
        do {
            request.tlsConfiguration = try TLSFiles(authority: settings.ca == "system" ? nil : settings.ca).configuration()
        } catch {
            throw KeyError("the file of “ca”, \(settings.ca), holds no certificate in PEM, or cannot be read")
        }
        let response = try await Self.http.execute(request, timeout: TimeAmount(settings.timeout))
        guard response.status == .ok else {
            let target =
                response.headers.first(name: "location").map { ", to \($0.excerpt): name that URL if its host is the right one" }
                ?? ""
            throw KeyError("it answered \(response.status.code)\(target)")
        }
        do {
            let body = try await response.body.collect(upTo: TokenKeys.fileSize)
            return PublishedKeys.Answer(
                keys: try await PublishedKeySet(Array(body.readableBytesView)),
                maxAge: Self.maxAge(response.headers[canonicalForm: "cache-control"]))
        } catch is NIOTooManyBytesError {
            throw KeyError("its answer is larger than \(ByteSize(bytes: TokenKeys.fileSize))")
        }
    }

    /// The `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1); `nil` without one.
    static func maxAge(_ directives: [Substring]) -> Duration? {
        for directive in directives {
            let parts = directive.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "max-age", let seconds = UInt32(parts[1].filter { $0 != "\"" }) else {
                continue
            }
            return .seconds(Int64(seconds))
        }
        return nil
    }

    /// Why no answer came, in a few words.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded: "it did not answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed: "the connection was closed"
        case let error as HTTPClientError: error.shortDescription
        case _ where ConnectionProblem.tls(error)?.isUntrusted == true:
            "\(ConnectionProblem.text(error) ?? "TLS failed"): name the certificate to trust in auth.keyServer.ca"
        default: ConnectionProblem.text(error) ?? "the connection cannot be made"
        }
    }
}
