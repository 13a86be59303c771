import AsyncHTTPClient
import ClientTLS
import Foundation
import NIOCore
import NIOHTTP1
import TallywireConfiguration
import TallywireCore

/// Calls other nodes of the cluster. Safe from any task.
public final class PeerClient: Sendable {
    /// How other nodes are called.
    public struct Configuration: Sendable {
        public var secret: String
        /// Whom to trust for `https`, and how this node shows who it is. The files are read once.
        public var tls: TLSFiles
        /// How long another node may take to begin its answer.
        public var timeout: Duration

        public init(secret: String, tls: TLSFiles = TLSFiles(), timeout: Duration = .seconds(2)) {
            self.secret = secret
            self.tls = tls
            self.timeout = timeout
        }
    }

    /// Another node did not do what it was asked to.
    public struct PeerError: Error, CustomStringConvertible {
        public let description: String
    }

    let secret: SharedSecret
    let timeout: Duration
    private let client: HTTPClient

    /// Throws if a file of the configuration cannot be read.
    public init(_ configuration: Configuration) throws {
        secret = SharedSecret(configuration.secret)
        timeout = configuration.timeout
        var settings = HTTPClient.Configuration()
        settings.timeout.connect = .init(configuration.timeout)
        settings.redirectConfiguration = .disallow
        // An answer of another node never ends by itself.
        settings.httpVersion = .http1Only
        settings.tlsConfiguration = try configuration.tls.configuration()
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes all connections, for good.
    public func shutdown() async throws { try await client.shutdown() }

    /// A request to the node at `address`, with the secret of the cluster.
    func request(_ path: String, of address: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.headers.add(name: "authorization", value: secret.authorization)
        return request
    }

    /// Sends a request. Returns once the answer has begun; throws if that takes longer than `limit`.
    func begin(_ request: HTTPClientRequest, within limit: Duration) async throws -> HTTPClientResponse {
        try await withThrowingTaskGroup(of: HTTPClientResponse?.self) { group in
            group.addTask { [client] in try await client.execute(request, deadline: .distantFuture) }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() ?? nil else {
                throw PeerError(description: "\(request.url) did not answer within \(limit)")
            }
            return response
        }
    }

    /// Why another node refused, as its answer says.
    static func refusal(_ response: HTTPClientResponse, of url: String) async -> PeerError {
        let body = try? await response.body.collect(upTo: 1 << 16)
        let detail = body.flatMap { try? JSONDecoder().decode(Refusal.self, fromOutside: $0.readableBytesView) }?.detail
        return PeerError(description: "\(url) answered \(response.status.code)\(detail.map { ": \($0)" } ?? "")")
    }

    private struct Refusal: Decodable {
        let detail: String
    }
}
